/** What the chaos does in a page, and what it sees there. Every look is short: a page may be gone before a long one ends. */
import type * as solotab from '../../../src/index';
import type { CallName, Outcome, TabState } from '../support/page-api';
import type { EnginePage, Tab } from '../support/tab';

/** A call that was made in a page; `null` while it has not settled. */
export interface CallRecord {
  readonly step: string;
  readonly method: CallName;
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
  return tab.evaluate(({ step, method, force, abortable }) => {
    window.chaos ??= { calls: [], toldOver: [] };
    const record: CallRecord = { step, method, outcome: null };
    window.chaos.calls.push(record);
    const options = { ...(force && { force }), ...(abortable && { abort: 'latest' }) };
    const args = method === 'start' || method === 'join' ? [{ step }, options] : [options];
    void window.fixture.call(method, method === 'end' || method === 'cancel' ? [] : args).then((outcome) => {
      record.outcome = outcome;
    });
  }, call);
}

export function abortCall(tab: Tab<EnginePage>): Promise<void> {
  return tab.evaluate(() => window.fixture.abort('latest'));
}

/** Lets the driver say something, where it was ever called: without a session too, as a careless one does. */
export function tellDriver(
  tab: Tab<EnginePage>,
  method: Exclude<keyof solotab.DriverContext, 'signal' | 'epoch' | 'info'>,
  step: string,
): Promise<void> {
  return tab.evaluate(
    (told) => {
      const { context } = window.fixture;
      if (!context) return;
      window.chaos ??= { calls: [], toldOver: [] };
      if (told.method === 'ended') window.chaos.toldOver.push(context.epoch);
      if (told.method === 'emit') context.emit('note', told.step);
      else if (told.method === 'publish') context.publish({ published: told.step });
      else if (told.method === 'error') context.error({ code: 1016, exception: 'NETWORK_ERROR' });
      else if (told.method === 'ended') context.ended('agent-left');
      else context[told.method]();
    },
    { method, step },
  );
}

export function observe(tab: Tab<EnginePage>): Promise<Observation> {
  return tab.evaluate(() => {
    const { fixture, chaos } = window;
    const { context, documentId } = fixture;
    return {
      ...fixture.state(),
      documentId,
      calls: chaos?.calls ?? [],
      toldOver: chaos?.toldOver ?? [],
      context: context && { epoch: context.epoch, aborted: context.signal.aborted },
    };
  });
}

/** Whether the call of this step has settled, or is gone with its document. */
export function hasSettled(tab: Tab<EnginePage>, step: string): Promise<boolean> {
  return tab.evaluate((wanted) => {
    const call = window.chaos?.calls.find((each) => each.step === wanted);
    return call === undefined || call.outcome !== null;
  }, step);
}
