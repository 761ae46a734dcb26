import { expect } from 'vitest';
import type { ChromiumPage } from '../support/chromium';
import type { Tab, TestBrowser } from '../support/tab';

/**
 * Ends the session of a host whose process is stopped, starts another one, and wakes the old host. It lets go of its session
 * and follows. Where nothing is stored it may read of the end among the messages that waited for it, and obey that.
 */
export async function wedge(
  browser: TestBrowser,
  host: Tab<ChromiumPage>,
  other: Tab<ChromiumPage>,
  scope: string,
  isStored = true,
): Promise<void> {
  const epoch = (await host.snapshot()).epoch;
  await host.page.stop();
  const stoppedAt = performance.now();
  const ended = await other.call('end');
  expect(ended).toMatchObject({ ok: true });
  console.log(`${scope}: end() towards a stopped host took ${ended.ms.toFixed(0)} ms`);
  // Three seconds of silence, and what a busy machine makes of them.
  expect(ended.ms).toBeLessThan(20_000);
  expect(await other.call('start')).toMatchObject({ ok: true });
  // The backend hears of the new host's acts all the while, so it looks often enough.
  await browser.backend.until(() => performance.now() - stoppedAt >= 7_000, 'seven seconds');
  host.page.wake();
  await host.waitFor(
    ({ driverCalls, snapshot }, before) =>
      snapshot.role === 'follower' &&
      snapshot.phase === 'active' &&
      snapshot.epoch > before &&
      driverCalls.some(({ type }) => type === 'end'),
    epoch,
  );
  if (isStored) {
    await host.waitFor(({ events }) =>
      events.some(({ type, event }) => type === 'session_ended' && event.reason === 'ended'),
    );
  }
  expect((await other.snapshot()).role).toBe('host');
  expect((await other.snapshot()).epoch).toBeGreaterThan(epoch);
  await browser.backend.until((backend) => backend.live(scope).length === 1, 'one live session');
  expect(browser.backend.live(scope)[0]?.tabId).toBe((await other.state()).tabId);
  expect(browser.backend.violations(scope)).toEqual([]);
}
