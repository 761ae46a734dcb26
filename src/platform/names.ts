/** What solotab calls its things in the browser. Older versions in other tabs know them by these names. */

/** One database and one object store for all scopes. */
export const DATABASE = 'solotab';
export const OBJECT_STORE = 'scopes';

/** The channel of a scope. */
export function channelName(scope: string): string {
  return `solotab:1:${scope}`;
}

/** What the names of all locks of a scope begin with. */
export function lockPrefix(scope: string): string {
  return `solotab:${scope}:`;
}

/** The keys of a scope's journal. Its record is at `[scope]`. */
export function journalKeys(scope: string): IDBKeyRange {
  return IDBKeyRange.bound([scope, 0], [scope, Number.POSITIVE_INFINITY]);
}
