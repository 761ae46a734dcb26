/** `solotab/election`: something that runs in one tab at a time. */
import { browserPlatform } from '../platform/browser';
import type { Body } from './candidate';
import { createElectionOn, type Election, type LeadOptions, leadOn } from './on-platform';

export type { Lead } from './candidate';
export type { Election, LeadOptions } from './on-platform';

/**
 * Runs `body` once this tab leads, in one tab at a time of all that lead under the same name. Twice in one page counts as two tabs.
 * Resolves with what the body returns. Rejects with what it throws; with the reason of `options.signal`, once that aborts; or with an
 * `AbortError` when the lead is lost, because the page was cached or frozen or another tab forced it. Then the body's own signal is
 * aborted too, and what the body returns afterwards is ignored.
 *
 * The next leader begins when the body has settled, or its page is gone, cached or frozen. Without a browser it rejects with a
 * `SessionError`. Where neither IndexedDB nor Web Locks work, tabs may not exclude each other.
 *
 * @throws {TypeError} If the name is empty, or no text.
 */
export async function lead<Value>(name: string, body: Body<Value>, options?: LeadOptions): Promise<Value> {
  return leadOn(browserPlatform(), name, body, options);
}

/**
 * Stands for the lead until it is closed, and again whenever it was lost. `isLeader` is all that it does: for what several parts of
 * an app do only in the tab that leads.
 *
 * @throws {TypeError} If the name is empty, or no text.
 */
export function createElection(name: string): Election {
  return createElectionOn(browserPlatform(), name);
}
