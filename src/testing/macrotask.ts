/**
 * Captured on import: a test runner's fake timers would stop the simulated world. Nothing is called before a world is made.
 */
const { setImmediate: immediate, MessageChannel: Ports, setTimeout: timeout } = globalThis;

/** Each turn of Node's event loop asks the system what is new, which takes longer than what happens in most of them here. */
const PER_TURN = 32;

/** A function that runs a callback once every promise that can settle by itself has settled. Takes about a microsecond in Node. */
export function createMacrotask(): (callback: () => void) => void {
  if (typeof immediate === 'function') return inTurns(immediate);
  if (typeof Ports !== 'function') return (callback) => void timeout(callback, 0);
  const { port1, port2 } = new Ports();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(null);
  };
}

/** Several in one turn of the event loop: Node settles promises between the immediates of a turn, too. */
function inTurns(next: (run: () => void) => unknown): (callback: () => void) => void {
  const callbacks: (() => void)[] = [];
  let left = 0;
  const run = (): void => {
    left--;
    callbacks.shift()?.();
  };
  return (callback) => {
    callbacks.push(callback);
    if (left >= callbacks.length) return;
    for (let count = 0; count < PER_TURN; count++) next(run);
    left += PER_TURN;
  };
}
