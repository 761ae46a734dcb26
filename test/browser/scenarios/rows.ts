/** The rows of "where exclusion holds": what a browser can lack or forbid, and what its tabs do all the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  FAILING_INDEXEDDB,
  FAILING_LOCKS,
  FORBIDDEN_INDEXEDDB,
  HANGING_INDEXEDDB,
  NO_BROADCAST_CHANNEL,
  NO_CHANNEL,
  NO_INDEXEDDB,
  NO_LOCKS,
  NO_SESSION_STORAGE,
  THROWING_BROADCAST_CHANNEL,
  THROWING_INDEXEDDB,
} from '../support/init-scripts';
import type { EnginePage, Tab, TabOptions, TestBrowser } from '../support/tab';
import { relay } from './relay';
import { storm } from './storm';

/** What a browser lacks, and what its tabs have all the same. */
export interface Row {
  readonly name: string;
  /** The tabs take turns with these. */
  readonly lacks: readonly string[];
  /** Where events go by the journal alone: no more than it holds. Default: many. */
  readonly events?: number;
  /** No tab can be told anything: it looks when it is shown. */
  readonly isDeaf?: boolean;
  /** In some of its tabs nothing is stored. */
  readonly isForgetful?: boolean;
  /** Another way to lack what another row lacks: fewer tabs will do. */
  readonly isVariant?: boolean;
}

const MANY_EVENTS = 300;
export const JOURNALED_EVENTS = 60;

/** A host that is dead is known to be after three seconds of silence; where there are locks, at once. The rest is for a busy machine. */
export const START_AFTER_KILL_MS = 20_000;

export const EXCLUSIVE_ROWS: readonly Row[] = [
  { name: 'everything', lacks: [''] },
  { name: 'no locks', lacks: [NO_LOCKS] },
  { name: 'locks that fail', lacks: [FAILING_LOCKS], isVariant: true },
  { name: 'no IndexedDB', lacks: [NO_INDEXEDDB], isForgetful: true },
  { name: 'a forbidden IndexedDB', lacks: [FORBIDDEN_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'an IndexedDB that throws', lacks: [THROWING_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'an IndexedDB that fails', lacks: [FAILING_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'an IndexedDB that hangs', lacks: [HANGING_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'no BroadcastChannel', lacks: [NO_BROADCAST_CHANNEL], events: JOURNALED_EVENTS },
  {
    name: 'a BroadcastChannel that throws',
    lacks: [THROWING_BROADCAST_CHANNEL],
    events: JOURNALED_EVENTS,
    isVariant: true,
  },
  {
    name: 'neither locks nor BroadcastChannel, as Safari 14',
    lacks: [`${NO_LOCKS}\n${NO_BROADCAST_CHANNEL}`],
    events: JOURNALED_EVENTS,
  },
  { name: 'no channel', lacks: [NO_CHANNEL], events: JOURNALED_EVENTS, isDeaf: true },
  { name: 'no sessionStorage', lacks: [NO_SESSION_STORAGE], isVariant: true },
  { name: 'no IndexedDB in every other tab', lacks: ['', NO_INDEXEDDB], isForgetful: true },
  {
    name: 'an IndexedDB that fails in every other tab',
    lacks: [FAILING_INDEXEDDB, ''],
    isForgetful: true,
    isVariant: true,
  },
];

export const rowNamed = (name: string): Row => {
  const row = EXCLUSIVE_ROWS.find((candidate) => candidate.name === name);
  if (!row) throw new Error(`There is no row '${name}'.`);
  return row;
};

/** Opens the tabs of a row all at once. */
export function openRow<Page extends EnginePage>(
  browser: TestBrowser<Page>,
  { lacks }: Row,
  count: number,
  options: TabOptions,
): Promise<Tab<Page>[]> {
  const open = (_: unknown, index: number): Promise<Tab<Page>> =>
    browser.openTab({ ...options, initScript: lacks[index % lacks.length] ?? '' });
  return Promise.all(Array.from({ length: count }, open));
}

export const closeAll = (tabs: readonly Tab[]): Promise<unknown> => Promise.all(tabs.map((tab) => tab.close()));

export async function expectNoProblems(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) expect((await tab.state()).problems).toEqual([]);
}

/** Tabs that all start at once, and then hear each other. */
export async function stormAndRelay<Page extends EnginePage>(
  browser: TestBrowser<Page>,
  row: Row,
  tabs: readonly Tab<Page>[],
  scope: string,
): Promise<void> {
  const nudge = row.isDeaf ? (tab: Tab<Page>) => tab.page.show() : undefined;
  for (const tab of tabs) expect((await tab.snapshot()).guarantee).toBe('exclusive');
  await storm(browser, tabs, scope, row.isDeaf ? 1 : 3, nudge);
  await relay(tabs.slice(0, 8), row.events ?? MANY_EVENTS, nudge);
  await expectNoProblems(tabs);
}

/** Where the engine is not installed this fails, and says how to install it. */
export function runRows<Page extends EnginePage>(
  name: string,
  launch: () => Promise<TestBrowser<Page>>,
  count: number,
  rows: readonly string[],
): void {
  describe(`in ${name}`, () => {
    let browser: TestBrowser<Page>;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());

    test.each(rows)(`with %s, ${count} tabs have one session and hear each other`, async (rowName) => {
      const row = rowNamed(rowName);
      const scope = `${name} ${rowName}`;
      const tabs = await openRow(browser, row, count, { scope, events: ['agent_joined'] });
      await stormAndRelay(browser, row, tabs, scope);
      await closeAll(tabs);
    });
  });
}
