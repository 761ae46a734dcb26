/** Two coordinators of one name in one document count as two tabs, and hardly ever should: their app is told once. */
import { createSimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import { expect, test, vi } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';

function openPage(tab: SimulatedTab = createSimulatedBrowser().openTab({ bare: true })) {
  return { tab, ...creatorIn(tab) };
}

function creatorIn({ platform }: Pick<SimulatedTab, 'platform'>) {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message), error: () => undefined };
  const driver = { start: () => 1, end: () => undefined };
  return { warnings, create: (name = 'support') => createCoordinatorOn(platform, { name, driver, logger }) };
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

test('two coordinators of one name in a worker are no reason to warn, nor are one in a page and one in its worker', () => {
  const tab = createSimulatedBrowser().openTab({ bare: true });
  const page = openPage(tab);
  const worker = creatorIn(tab.openFrame({ bare: true, worker: true }));
  page.create();
  worker.create();
  worker.create();
  expect([page.warnings, worker.warnings]).toEqual([[], []]);
});

test('a worker that is to become host by itself is warned that it never does, and a server is not', () => {
  const { platform } = createSimulatedBrowser().openTab({ bare: true, worker: true });
  const warningsOn = (isBrowser: boolean, options: object): unknown[] => {
    const logger = { warn: vi.fn(), error: vi.fn() };
    const driver = { start: () => 1, resume: () => 1, end: () => undefined };
    createCoordinatorOn({ ...platform, isBrowser }, { name: 'support', driver, logger, ...options });
    return logger.warn.mock.calls.flat();
  };
  const warning = 'solotab: Only a page of a browser can have a session. In a worker canHost and follow do nothing.';
  expect(warningsOn(true, { canHost: () => true })).toEqual([warning]);
  expect(warningsOn(true, { follow: 'focus' })).toEqual([warning]);
  expect(warningsOn(true, { follow: 'none' })).toEqual([]);
  expect(warningsOn(false, { canHost: () => true })).toEqual([]);
});
