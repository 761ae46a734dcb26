/** How a coordinator is closed: also by `using`, and what its calls reject with from then on. */

/** Adds what `using` calls. Older browsers don't have these symbols; a member named `undefined` would help nobody. */
export function addDispose(coordinator: object, close: () => Promise<void>): void {
  const { dispose, asyncDispose } = Symbol;
  if (dispose) Object.assign(coordinator, { [dispose]: () => void close() });
  if (asyncDispose) Object.assign(coordinator, { [asyncDispose]: close });
}

export function closedError(): DOMException {
  return new DOMException('This coordinator was closed. Create a new one.', 'InvalidStateError');
}
