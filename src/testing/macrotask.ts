/**
 * Captured on import: a test runner's fake timers would stop the simulated world. Nothing is called before a world is made.
 */
const { setImmediate: immediate, MessageChannel: Ports, setTimeout: timeout } = globalThis;

/** A function that runs a callback once every promise that can settle by itself has settled. Takes about a microsecond in Node. */
export function createMacrotask(): (callback: () => void) => void {
  if (typeof immediate === 'function') return (callback) => void immediate(callback);
  if (typeof Ports !== 'function') return (callback) => void timeout(callback, 0);
  const { port1, port2 } = new Ports();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(null);
  };
}
