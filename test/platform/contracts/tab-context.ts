/**
 * What the body of a contract test works with inside of a tab. A body may be sent to a real page as text: it uses its
 * arguments, the globals of every JavaScript engine, and nothing else.
 */
import type { Channel, HeldLock, Locks, Platform, Store } from '../../../src/platform/platform';

export interface TabContext {
  readonly platform: Platform;
  /** The store of a scope, opened once per tab. */
  store(scope: string): Store;
  readonly locks: Locks;
  /** The locks that this tab holds, under whichever name the test gave them. */
  readonly held: Map<string, HeldLock>;
  /** The channel of a scope, opened once per tab; what it receives is noted. */
  channel(scope: string): Channel;
  /** What this tab has received on the channel of a scope. */
  received(scope: string): readonly unknown[];
  /** From which tabs it has received a greeting there. Greetings are neither received nor noted. */
  greeters(scope: string): ReadonlySet<unknown>;
  /** Adds to the notes of this tab. */
  note(note: unknown): void;
  readonly notes: readonly unknown[];
  /** Resolves once `condition` holds; looked at after every note. */
  until(condition: () => boolean): Promise<void>;
}

/** Names that tempt an implementation to mix scopes up. */
export const ODD_NAMES = [
  '',
  ' ',
  ',',
  'a,b',
  'a:b',
  'ä',
  '🪟',
  '\0',
  '\ud800',
  '__proto__',
  'constructor',
  '%2F',
  '"',
  '#',
];

/** What a world may be able to do beside the least that every contract needs. */
export type Ability = 'wipe' | 'crash' | 'freeze' | 'cache' | 'visibility';

/** A tab of the world in which a contract is run. What it can't do rejects. */
export interface ContractTab {
  /** Runs `body` in the tab. Argument and result are plain data. */
  run<Result, Argument = undefined>(
    body: (tab: TabContext, argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result>;
  close(): Promise<void>;
  /** The tab's process dies. */
  crash(): Promise<void>;
  freeze(): Promise<void>;
  unfreeze(): Promise<void>;
  /** Goes to another page, so that this one is cached. */
  leave(): Promise<void>;
  /** Comes back to the cached page. */
  back(): Promise<void>;
  /** Makes this the visible tab of its window; the others are then hidden. */
  show(): Promise<void>;
}

/** A world of tabs: one origin of one browser, real or not. Made anew for each test. */
export interface ContractWorld {
  /** A name that no other test uses. */
  readonly scope: string;
  openTab(): Promise<ContractTab>;
  /** Deletes the database, as clearing the site's data does. */
  wipe(): Promise<void>;
  /** Closes every tab that is still open. Rejects if an error went uncaught in one. */
  close(): Promise<void>;
}

/** Where a contract is run. */
export interface ContractSetting {
  readonly can: readonly Ability[];
  /** Default: `ODD_NAMES`. */
  readonly oddNames?: readonly string[];
  open(): Promise<ContractWorld>;
}

/** For the members of a tab or a world that an implementation does not have. */
export function unable(): Promise<never> {
  return Promise.reject(new Error('This world can not do that.'));
}

export function createTabContext(platform: Platform): TabContext {
  const stores = new Map<string, Store>();
  const channels = new Map<
    string,
    { readonly channel: Channel; readonly received: unknown[]; readonly greeters: Set<unknown> }
  >();
  const notes: unknown[] = [];
  const watchers = new Set<() => void>();
  const note = (entry: unknown): void => {
    notes.push(entry);
    for (const watcher of [...watchers]) watcher();
  };
  const open = (scope: string) => {
    const known = channels.get(scope);
    if (known) return known;
    const received: unknown[] = [];
    const greeters = new Set<unknown>();
    const channel = platform.openChannel(scope, (message) => {
      const { greeter } = Object(message);
      if (greeter !== undefined) return void greeters.add(greeter);
      received.push(message);
      note('received');
    });
    if (!channel) throw new Error('There is no channel.');
    const opened = { channel, received, greeters };
    channels.set(scope, opened);
    return opened;
  };
  return {
    platform,
    held: new Map(),
    notes,
    note,
    get locks() {
      if (!platform.locks) throw new Error('There are no locks.');
      return platform.locks;
    },
    store(scope) {
      const store = stores.get(scope) ?? platform.openStore(scope);
      if (!store) throw new Error('There is no store.');
      stores.set(scope, store);
      return store;
    },
    channel: (scope) => open(scope).channel,
    received: (scope) => open(scope).received,
    greeters: (scope) => open(scope).greeters,
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}
