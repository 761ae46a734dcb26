/** What the chaos does in a page, and what it sees there. Every look is short: a page may be gone before a long one ends. */

import type { DriverContext } from '../../../src/driver';
import { MAX_PUBLISHED_BYTES } from '../../../src/session/payload';
import type { CallName, Outcome, TabState } from '../support/page-api';
import type { EnginePage, Tab } from '../support/tab';
import type { Action, CommandName, Told } from './actions';

/** A call that was made in a page; `null` while it has not settled. */
export interface CallRecord {
  readonly step: string;
  readonly method: CallName;
  /** The command that was called; the backend hears of it under the name of the step. */
  readonly command?: CommandName;
  outcome: Outcome | null;
}

/** What a living document tells of itself. */
export interface Observation extends TabState {
  readonly documentId: string;
  readonly calls: readonly CallRecord[];
  /** The epochs under which its driver said that the session is over. */
  readonly toldOver: readonly number[];
  /** The latest context that its driver was given. */
  readonly context: { readonly epoch: number; readonly aborted: boolean } | null;
}

declare global {
  interface Window {
    chaos?: { readonly calls: CallRecord[]; readonly toldOver: number[] };
  }
}

export interface PageCall {
  readonly step: string;
  readonly method: CallName;
  readonly force?: boolean;
  readonly abortable?: boolean;
  readonly inFrame?: boolean;
}

/** Where pages keep the uncaught errors that they would otherwise take with them. */
const PROBLEMS = 'chaos problems';

/** Runs in every page first: an uncaught error is remembered even if the page is gone the next moment. */
export const REMEMBER_PROBLEMS = `{
  const remember = (text) => {
    const known = JSON.parse(localStorage.getItem(${JSON.stringify(PROBLEMS)}) ?? '[]');
    localStorage.setItem(${JSON.stringify(PROBLEMS)}, JSON.stringify([...known, text]));
  };
  addEventListener('error', ({ message }) => remember(message));
  addEventListener('unhandledrejection', ({ reason }) => remember('unhandled: ' + String(reason)));
}`;

/** Reads what was remembered, in any page of the origin, and forgets it. */
export function takeProblems(tab: Tab<EnginePage>): Promise<readonly string[]> {
  return tab.evaluate((key) => {
    const known: string[] = JSON.parse(localStorage.getItem(key) ?? '[]');
    localStorage.removeItem(key);
    return known;
  }, PROBLEMS);
}

/** Makes a call, and does not wait for it. */
export function makeCall(tab: Tab<EnginePage>, call: PageCall): Promise<void> {
  return tab.evaluate(({ step, method, force, abortable, inFrame }) => {
    // One that has not loaded yet has no fixture.
    const loaded = Array.from(window.frames).filter((frame) => frame.fixture);
    const target = (inFrame && loaded[loaded.length - 1]) || window;
    target.chaos ??= { calls: [], toldOver: [] };
    const record: CallRecord = { step, method, outcome: null };
    target.chaos.calls.push(record);
    const options = { ...(force && { force }), ...(abortable && { abort: 'latest' }) };
    const args = method === 'start' || method === 'join' || method === 'ensure' ? [{ step }, options] : [options];
    void target.fixture
      .call(method, method === 'end' || method === 'cancel' || method === 'forget' ? [] : args)
      .then((outcome) => {
        record.outcome = outcome;
      });
  }, call);
}

/** For so long a command that never ends is waited for. */
const GIVE_UP_MS = 200;

/** And any command for a session that is being connected or recovered. */
const WAIT_MS = 3_000;

/** Calls commands, and does not wait for them. */
export function callCommands(
  tab: Tab<EnginePage>,
  { command, count, inFrame }: Extract<Action, { type: 'command' }>,
  step: string,
): Promise<void> {
  return tab.evaluate(
    (given) => {
      const loaded = Array.from(window.frames).filter((frame) => frame.fixture);
      const target = (given.inFrame && loaded[loaded.length - 1]) || window;
      target.chaos ??= { calls: [], toldOver: [] };
      for (let number = 1; number <= given.count; number += 1) {
        const name = `${given.step} (${number})`;
        const record: CallRecord = { step: name, method: 'call', command: given.command, outcome: null };
        target.chaos.calls.push(record);
        const args = [given.command, { command: name }, { abort: name, timeoutMs: given.timeoutMs }];
        void target.fixture.call('call', args).then((outcome) => {
          record.outcome = outcome;
        });
        if (given.command === 'hang') setTimeout(() => target.fixture.abort(name), given.giveUpMs);
      }
    },
    { command, count, inFrame, step, giveUpMs: GIVE_UP_MS, timeoutMs: WAIT_MS },
  );
}

/** What the browser tells its pages of the network. */
export function tellNetwork(tab: Tab<EnginePage>, isOnline: boolean): Promise<void> {
  return tab.evaluate((now) => {
    for (const each of [window, ...Array.from(window.frames)]) {
      Object.defineProperty(each.navigator, 'onLine', { configurable: true, get: () => now });
      each.dispatchEvent(new Event(now ? 'online' : 'offline'));
    }
  }, isOnline);
}

export function storedInTab(tab: Tab<EnginePage>): Promise<Readonly<Record<string, string>>> {
  return tab.evaluate(() => ({ ...sessionStorage }));
}

/** A script deletes the database. Resolves as well where a page keeps that waiting. */
export function deleteDatabase(tab: Tab<EnginePage>): Promise<void> {
  return tab.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const deleting = indexedDB.deleteDatabase('solotab');
        deleting.onsuccess = deleting.onerror = deleting.onblocked = () => resolve();
      }),
  );
}

export function abortCall(tab: Tab<EnginePage>): Promise<void> {
  return tab.evaluate(() => window.fixture.abort('latest'));
}

/** Lets the driver say something, where it was ever called: without a session too, as a careless one does. */
export function tellDriver(tab: Tab<EnginePage>, method: Told, step: string): Promise<void> {
  return tab.evaluate(
    (told) => {
      const documents = [window, ...Array.from(window.frames)];
      const expectRefusal = (publish: () => void): void => {
        try {
          publish();
        } catch (error) {
          if (error instanceof RangeError) return;
        }
        throw new Error('What is too large was taken.');
      };
      /** The service is asked, and serves whoever has the session. */
      const connectAgain =
        ({ fixture }: Window, { epoch }: DriverContext) =>
        async (): Promise<unknown> => {
          if ((await fixture.act()) !== 200) throw new Error('The service refuses.');
          return { reconnected: epoch };
        };
      for (const each of documents) {
        const context = each.fixture?.context;
        if (!context) continue;
        each.chaos ??= { calls: [], toldOver: [] };
        if (told.method === 'ended') each.chaos.toldOver.push(context.epoch);
        if (told.method === 'emit') context.emit('note', told.step);
        else if (told.method === 'publish') context.publish({ published: told.step });
        // A character of a text may be counted as two bytes.
        else if (told.method === 'large') context.publish({ published: 'x'.repeat(told.largest / 2 - 1_000) });
        else if (told.method === 'too large') expectRefusal(() => context.publish('x'.repeat(told.largest + 1)));
        else if (told.method === 'reconnect') void each.solotab.reconnect(context, connectAgain(each, context));
        else if (told.method === 'error') context.error({ code: 1016, exception: 'NETWORK_ERROR' });
        else if (told.method === 'ended') context.ended('agent-left');
        else if (told.method !== 'flood') context[told.method]();
        else for (let value = 0; value < 300; value += 1) context.publish({ published: told.step, value });
      }
    },
    { method, step, largest: MAX_PUBLISHED_BYTES },
  );
}

/** A document of the same origin in the page, with a coordinator of its own. Resolves once it is loaded. */
export function openFrame(tab: Tab<EnginePage>): Promise<void> {
  return tab.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const frame = document.createElement('iframe');
        frame.addEventListener('load', () => resolve());
        frame.src = window.location.href;
        document.body.append(frame);
      }),
  );
}

/** Another coordinator of the scope in the same document, which takes no session: as of a module that was loaded twice. */
export function createSecond(tab: Tab<EnginePage>): Promise<void> {
  return tab.evaluate(() => {
    // The test server wrote it.
    const { scope } = window.pageConfig as { readonly scope: string };
    const refuse = (): never => {
      throw new Error('It only watches.');
    };
    const logger = { warn: () => undefined, error: () => undefined };
    const driver = { start: refuse, join: refuse, end: () => undefined };
    window.solotab.createCoordinator({ name: scope, driver, logger, recovery: { by: 'none' } });
  });
}

/** The page and its frames. */
export function observe(tab: Tab<EnginePage>): Promise<readonly Observation[]> {
  return tab.evaluate(() => {
    const loaded = [window, ...Array.from(window.frames)].filter((each) => each.fixture);
    return loaded.map(({ fixture, chaos }) => {
      const { context, documentId } = fixture;
      return {
        ...fixture.state(),
        documentId,
        calls: chaos?.calls ?? [],
        toldOver: chaos?.toldOver ?? [],
        context: context && { epoch: context.epoch, aborted: context.signal.aborted },
      };
    });
  });
}

/** Whether the calls of this step have settled, or are gone with its document. */
export function hasSettled(tab: Tab<EnginePage>, step: string): Promise<boolean> {
  return tab.evaluate((wanted) => {
    const calls = [window, ...Array.from(window.frames)].flatMap(({ chaos }) => chaos?.calls ?? []);
    const ofStep = calls.filter((each) => each.step === wanted || each.step.startsWith(`${wanted} (`));
    return ofStep.every(({ outcome }) => outcome !== null);
  }, step);
}
