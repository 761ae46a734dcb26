import { expect } from 'vitest';
import type { ChromiumPage } from '../support/chromium';
import type { Tab, TestBrowser } from '../support/tab';

/** Ends the session of a host whose process is stopped, starts another one, and wakes the old host. */
export async function wedge(
  browser: TestBrowser,
  host: Tab<ChromiumPage>,
  other: Tab<ChromiumPage>,
  scope: string,
): Promise<void> {
  const epoch = (await host.snapshot()).epoch;
  await host.page.stop();
  const stoppedAt = performance.now();
  const ended = await other.call('end');
  expect(ended).toMatchObject({ ok: true });
  console.log(`${scope}: end() towards a stopped host took ${ended.ms.toFixed(0)} ms`);
  expect(ended.ms).toBeLessThan(5_000);
  expect(await other.call('start')).toMatchObject({ ok: true });
  // The backend hears of the new host's acts all the while, so it looks often enough.
  await browser.backend.until(() => performance.now() - stoppedAt >= 7_000, 'seven seconds');
  host.page.wake();
  await host.waitFor(
    ({ events, snapshot }) =>
      snapshot.role === 'follower' &&
      events.some(({ type, event }) => type === 'session_ended' && event.reason === 'superseded'),
  );
  expect((await other.snapshot()).role).toBe('host');
  expect((await other.snapshot()).epoch).toBeGreaterThan(epoch);
  expect(browser.backend.violations(scope)).toEqual([]);
}
