/**
 * Ways to run something once every promise that can settle by itself has settled. What they use is taken when a simulated browser is made,
 * never on import, and only if it is real: the fake timers of a test runner would stop the simulated browser.
 */

/** A chain of promises that is longer is cut in two: what happens next, happens in the middle of it. */
const MICROTASKS = 100;

/** Each turn of Node's event loop asks the system what is new, which takes longer than what happens in most of them here. */
const PER_TURN = 32;

/** Takes about a microsecond in Node. */
export function createMacrotask(): (callback: () => void) => void {
  const { setImmediate: immediate, MessageChannel: Ports, setTimeout: timeout } = globalThis;
  if (isReal(immediate)) return inTurns(immediate);
  if (isReal(Ports)) return byMessages(new Ports());
  if (isReal(timeout)) return (callback) => void timeout(callback, 0);
  return afterMicrotasks;
}

/** For where no other task may come between: the fake timers of a test runner wait for promises, but not for tasks. */
export function afterMicrotasks(callback: () => void): void {
  let left = MICROTASKS;
  const next = (): unknown => (left-- > 0 ? Promise.resolve().then(next) : callback());
  next();
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

function byMessages({ port1, port2 }: MessageChannel): (callback: () => void) => void {
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  // Node's, which would keep its process running.
  (port1 as { unref?(): void }).unref?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(null);
  };
}

/** It is there, and no test runner put it there: those of today leave their `clock` on it, Jest's legacy ones say that it is a mock. */
function isReal(given: object | undefined): boolean {
  return typeof given === 'function' && !('clock' in given) && !('_isMockFunction' in given);
}
