/** Only workers have it, module workers too. */
declare const importScripts: unknown;

/** Neither a page nor a worker: nobody is ever told of a session here. */
export function isOnServer(): boolean {
  return typeof document === 'undefined' && typeof importScripts !== 'function';
}
