/** Two coordinators of one name in one document count as two tabs, and hardly ever should: their app is told once. */
import { createSimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import { expect, test, vi } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';

function openPage(tab: SimulatedTab = createSimulatedBrowser().openTab({ bare: true })) {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message), error: () => undefined };
  const driver = { start: () => 1, end: () => undefined };
  return { tab, warnings, create: (name = 'support') => createCoordinatorOn(tab.platform, { name, driver, logger }) };
}

const TOLD =
  "solotab: two coordinators named 'support' in one page count as two tabs. Share one, or close() the first.";

test('the second one of a name is one warning that says what to do, the third is none', () => {
  const { warnings, create } = openPage();
  create();
  expect(warnings).toEqual([]);
  create();
  expect(warnings).toEqual([TOLD]);
  create();
  expect(warnings).toEqual([TOLD]);
});

test('one that was closed does not count, as in a hot reload that cleans up and in a strict mode', () => {
  const { warnings, create } = openPage();
  for (let round = 0; round < 5; round += 1) void create().close();
  create();
  expect(warnings).toEqual([]);
});

test('to close one twice counts once', () => {
  const { warnings, create } = openPage();
  const first = create();
  void first.close();
  void first.close();
  create();
  expect(warnings).toEqual([]);
  create();
  expect(warnings).toEqual([TOLD]);
});

test('an app that was told is not told again, whatever it closes', () => {
  const { warnings, create } = openPage();
  for (let round = 0; round < 3; round += 1) {
    const both = [create(), create()];
    for (const coordinator of both) void coordinator.close();
  }
  expect(warnings).toEqual([TOLD]);
});

test('names are apart, and so are documents: another tab, or the same after its reload', async () => {
  const { tab, warnings, create } = openPage();
  create('support');
  create('chat');
  const browser = createSimulatedBrowser();
  const others = [openPage(browser.openTab({ bare: true })), openPage(browser.openTab({ bare: true }))];
  for (const other of others) other.create();
  await tab.reload();
  const after = openPage(tab);
  after.create();
  expect([warnings, after.warnings, ...others.map((other) => other.warnings)]).toEqual([[], [], [], []]);
});

test('in a worker there is one warning that names the page; on a server there is none', () => {
  const { platform } = createSimulatedBrowser().openTab({ bare: true });
  const warningsOn = (isWorker: boolean): unknown[] => {
    const logger = { warn: vi.fn(), error: vi.fn() };
    const driver = { start: () => 1, end: () => undefined };
    for (let round = 0; round < 2; round += 1) {
      createCoordinatorOn({ ...platform, isBrowser: false, isWorker }, { name: `x${round}`, driver, logger });
    }
    return logger.warn.mock.calls.flat();
  };
  expect(warningsOn(false)).toEqual([]);
  expect(warningsOn(true)).toHaveLength(2);
  expect(warningsOn(true)[0]).toBe(
    'solotab: There is no page of a browser here to hold a session. Call it in a page of a browser: on a server or in a worker it only shows an idle session.',
  );
});
