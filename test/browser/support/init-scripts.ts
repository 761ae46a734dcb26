/** What an old or a hostile browser lacks, as scripts that run in a page before anything else does. Join them with `\n`. */

const hide = (owner: string, name: string): string =>
  `Object.defineProperty(${owner}, '${name}', { value: undefined, configurable: true, writable: true });`;

const forbid = (owner: string, name: string): string =>
  `Object.defineProperty(${owner}, '${name}', { configurable: true, get() { throw new DOMException('Forbidden by the test.', 'SecurityError'); } });`;

/** Safari before 15.4, Firefox before 96, plain http. */
export const NO_LOCKS = hide('navigator', 'locks');
/** As in a sandboxed frame: there, and every use of it fails. */
export const FAILING_LOCKS =
  "navigator.locks.request = () => Promise.reject(new DOMException('Forbidden by the test.', 'SecurityError'));";

export const NO_INDEXEDDB = hide('window', 'indexedDB');
export const FORBIDDEN_INDEXEDDB = forbid('window', 'indexedDB');
/** As in a sandboxed frame: there, and opening throws at once. */
export const THROWING_INDEXEDDB =
  "IDBFactory.prototype.open = () => { throw new DOMException('Forbidden by the test.', 'SecurityError'); };";
/** As in a private window of an old Firefox: opening fails. */
export const FAILING_INDEXEDDB = `
  IDBFactory.prototype.open = () => {
    const request = Object.assign(new EventTarget(), { result: undefined, error: new DOMException('Refused by the test.', 'UnknownError') });
    setTimeout(() => request.onerror?.(new Event('error')));
    return request;
  };`;
/** Safari 14: opening never ends. */
export const HANGING_INDEXEDDB = 'IDBFactory.prototype.open = () => new EventTarget();';

/** Safari before 15.4. */
export const NO_BROADCAST_CHANNEL = hide('window', 'BroadcastChannel');
/** Firefox with cookies blocked. */
export const THROWING_BROADCAST_CHANNEL =
  "window.BroadcastChannel = function () { throw new DOMException('Forbidden by the test.', 'SecurityError'); };";

export const NO_LOCAL_STORAGE = forbid('window', 'localStorage');
export const NO_SESSION_STORAGE = forbid('window', 'sessionStorage');
export const NO_CHANNEL = `${NO_BROADCAST_CHANNEL}\n${NO_LOCAL_STORAGE}`;
export const NO_STRUCTURED_CLONE = hide('window', 'structuredClone');
