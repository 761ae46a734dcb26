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

/** The page's clock is ahead by what the test server says as the page loads, also where the browser has the page in its cache. */
export const SERVER_CLOCK = `{
  const request = new XMLHttpRequest();
  request.open('POST', '/clock', false);
  request.send();
  const now = Date.now;
  const aheadMs = Number(request.responseText);
  Date.now = () => now.call(Date) + aheadMs;
}`;

/** The page's clock can be set, as its user sets that of the machine. */
export const STEPPED_CLOCK = `{
  const now = Date.now;
  let aheadMs = 0;
  Date.now = () => now.call(Date) + aheadMs;
  window.stepClock = (ms) => { aheadMs += ms; };
}`;

/** A tab that the browser restored, or duplicated: it finds these entries when it loads for the first time. */
export const restoredSessionStorage = (entries: Readonly<Record<string, string>>): string => `
  if (!sessionStorage.getItem('restored by the test')) {
    sessionStorage.setItem('restored by the test', 'yes');
    for (const [name, value] of Object.entries(${JSON.stringify(entries)})) sessionStorage.setItem(name, value);
  }`;

/** Locks that are there and never answer, as those of some extensions and shims. */
export const SILENT_LOCKS = 'LockManager.prototype.request = () => new Promise(() => undefined);';
/** Locks that say of every name that somebody else has it. */
export const REFUSING_LOCKS = `
  LockManager.prototype.request = (name, first, second) => {
    const options = second ? first : {};
    const callback = second ?? first;
    if (options.ifAvailable) return Promise.resolve().then(() => callback(null));
    return new Promise((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal.reason));
    });
  };`;
