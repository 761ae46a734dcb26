/** Whatever a browser lacks or forbids, its tabs outlive a host that is killed or stopped. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  closeAll,
  EXCLUSIVE_ROWS,
  expectNoProblems,
  openRow,
  type Row,
  rowNamed,
  START_AFTER_KILL_MS,
} from './scenarios/rows';
import { wedge } from './scenarios/wedge';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import type { Tab } from './support/tab';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** All rows at once: most of the time they wait. */
const inEveryRow = async (rows: readonly Row[], run: (row: Row) => Promise<void>): Promise<void> => {
  const ends = await Promise.all(
    rows.map((row) =>
      run(row).then(
        () => [],
        (error: unknown) => [`with ${row.name}: ${error instanceof Error ? error.stack : String(error)}`],
      ),
    ),
  );
  expect(ends.flat()).toEqual([]);
};

test('with each of them, a killed host is replaced within five seconds', async () => {
  await inEveryRow(EXCLUSIVE_ROWS, async (row) => {
    const scope = `killed ${row.name}`;
    const tabs = await openRow(browser, row, 3, { scope, driver: { resume: false } });
    const [host, other, third] = tabs;
    if (!host || !other || !third) throw new Error('three tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await host.page.kill();
    const started = await other.call('start');
    expect(started, JSON.stringify(started)).toMatchObject({ ok: true });
    expect(started.ms).toBeLessThan(START_AFTER_KILL_MS);
    // A tab without a store knows by a message that the session is active: that may come a moment after its start.
    const { epoch } = await other.snapshot();
    if (row.isForgetful)
      await third.waitFor(({ snapshot }, begun) => snapshot.phase === 'active' && snapshot.epoch === begun, epoch);
    expect((await third.call('start')).error).toMatchObject({ code: 1004, local: true });
    expect(browser.backend.violations(scope)).toEqual([]);
    await expectNoProblems([other, third]);
    await closeAll([other, third]);
  });
});

test('with each of them, a stopped host is ended from another tab, and does no harm when it wakes', async () => {
  // Where nothing can be told, nothing tells the woken host either before it looks.
  const rows = EXCLUSIVE_ROWS.filter(({ isDeaf }) => !isDeaf);
  await inEveryRow(rows, async (row) => {
    const scope = `wedge ${row.name}`;
    const tabs = await openRow(browser, row, 2, { scope, driver: { actEveryMs: 200, resume: false } });
    const [host, other] = tabs;
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await other.waitForPhase('active');
    await wedge(browser, host, other, scope, !row.isForgetful);
    await expectNoProblems(tabs);
    await closeAll(tabs);
  });
});

test('without locks, a host that was stopped, replaced and woken is host no more, 20 rounds of 20', async () => {
  const round = async (
    scope: string,
    host: Tab<ChromiumPage>,
    other: Tab<ChromiumPage>,
    byForce: boolean,
  ): Promise<void> => {
    const { epoch } = await host.snapshot();
    await host.page.stop();
    if (byForce) {
      expect(await other.call('takeOver', { force: true })).toMatchObject({ ok: true });
    } else {
      expect(await other.call('end')).toMatchObject({ ok: true });
      expect(await other.call('start')).toMatchObject({ ok: true });
    }
    host.page.wake();
    await host.waitFor(({ snapshot }) => snapshot.role === 'follower' && snapshot.phase === 'active');
    const [woken, replaced] = [await host.snapshot(), await other.snapshot()];
    expect(woken).toMatchObject({ role: 'follower', epoch: replaced.epoch });
    expect(replaced).toMatchObject({ role: 'host', phase: 'active' });
    expect(replaced.epoch).toBeGreaterThan(epoch);
    expect(browser.backend.violations(scope)).toEqual([]);
  };
  const scopes = Array.from({ length: 10 }, async (_, index) => {
    const scope = `no locks ${index}`;
    const tabs = await openRow(browser, rowNamed('no locks'), 2, { scope, driver: { actEveryMs: 200 } });
    const [first, second] = tabs;
    if (!first || !second) throw new Error('no tabs');
    expect(await first.call('start')).toMatchObject({ ok: true });
    await second.waitForPhase('active');
    await round(scope, first, second, index % 2 === 0);
    await round(scope, second, first, index % 2 !== 0);
    await expectNoProblems(tabs);
    await closeAll(tabs);
  });
  expect(await Promise.all(scopes)).toHaveLength(10);
});
