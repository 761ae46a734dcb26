/** What several of these tests do with their tabs. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { launchFirefox } from '../support/firefox';
import type { Outcome } from '../support/page-api';
import type { EnginePage, Tab, TestBrowser } from '../support/tab';
import { launchWebKit } from '../support/webkit';

/** What a call may take that has to find out who is alive: longer than any of the library's own limits together. */
export const SETTLED_MS = 15_000;

/** The engines beside Chromium, each with a browser for the tests in `run`. */
export function inOtherEngines(run: (browser: () => TestBrowser<EnginePage>) => void): void {
  describe.each([
    ['Firefox', launchFirefox],
    ['WebKitGTK', launchWebKit],
  ] as const)('in %s', (_name, launch) => {
    let browser: TestBrowser<EnginePage> | undefined;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());
    run(() => {
      if (!browser) throw new Error('no browser');
      return browser;
    });
  });
}

export async function closeAll(...tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) await tab.close();
}

/** Hands the values of expressions to a method of the host's context. Resolves with what it threw, or null. */
export function hand(
  tab: Tab,
  method: string,
  ...expressions: readonly string[]
): Promise<{ readonly name: string; readonly message: string } | null> {
  return tab.run(`(async () => {
    const values = await Promise.all([${expressions.join(', ')}]);
    try {
      window.fixture.context.${method}(...values);
      return null;
    } catch ({ name, message }) {
      return { name, message };
    }
  })()`);
}

/** The reasons of every `session_ended` that the tab has heard. */
export async function reasons(tab: Tab): Promise<readonly string[]> {
  return (await tab.events('session_ended')).map(({ event }) => event.reason);
}

/** Whatever the outcome of a call is, it is there in bounded time. */
export function expectSettled(outcome: Outcome): void {
  expect(outcome.ms).toBeLessThan(SETTLED_MS);
}

/** Whether `ready` settles. Longer than it may ever take, it is not waited for. */
export function becomesReady(tab: Tab): Promise<boolean> {
  return tab.evaluate(
    (limitMs) =>
      Promise.race([
        window.fixture.coordinator.ready.then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, limitMs, false)),
      ]),
    SETTLED_MS,
  );
}

/** Changes what is stored: runs `change`, the source of a function, on the object store in one transaction. */
export function changeStored(tab: Tab, change: string): Promise<void> {
  return tab.run(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('solotab');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('scopes', 'readwrite');
      transaction.oncomplete = () => { opening.result.close(); resolve(null); };
      transaction.onabort = () => reject(transaction.error);
      (${change})(transaction.objectStore('scopes'));
    };
  })`);
}
