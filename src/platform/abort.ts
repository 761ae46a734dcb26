/** Giving up, as the web platform does it: by a signal, with its reason. */

/** Throws the reason of a signal that is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/** Why `signal` was aborted. Browsers before Chrome 98, Firefox 97 and Safari 15.4 know no reasons. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? abortError('The call was given up.');
}

export function abortError(message = 'The attempt was given up.'): DOMException {
  return new DOMException(message, 'AbortError');
}

/** A controller that aborts when `signal` does, and with its reason, until it is unlinked. It can abort by itself as well. */
export function linkedTo(signal: AbortSignal | undefined): { readonly control: AbortController; unlink(): void } {
  const control = new AbortController();
  const abort = (): void => control.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  return { control, unlink: () => signal?.removeEventListener('abort', abort) };
}

/** What `work` comes to, or the reason of `signal` if that aborts first. */
export function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(reasonOf(signal));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
