import { SessionError } from 'solotab';
import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import { expect, test } from 'vitest';
import { mount, simulatedSources } from './support/mounted';

async function openThree(): Promise<{ world: SimulatedBrowser; tabs: [SimulatedTab, SimulatedTab, SimulatedTab] }> {
  const world = createSimulatedBrowser();
  const tabs: [SimulatedTab, SimulatedTab, SimulatedTab] = [world.openTab(), world.openTab(), world.openTab()];
  await world.settle();
  return { world, tabs };
}

async function start(world: SimulatedBrowser, tab: SimulatedTab): Promise<void> {
  const started = tab.coordinator.start();
  await world.connect(tab);
  await started;
}

const nameOf = ({ coordinator }: SimulatedTab): string => coordinator.tabId.slice(0, 4);

test('a tab without a panel has a lane as soon as it is host, or waits for a lock', async () => {
  const { world, tabs } = await openThree();
  const [host, follower] = tabs;
  const panel = mount(world, follower);
  await world.advance(3_000);
  expect(panel.lanes()).toEqual([`${nameOf(follower)}: this tab`]);

  await start(world, host);
  await world.advance(3_000);
  expect(panel.lanes()).toEqual([
    `${nameOf(follower)}: this tab`,
    `${nameOf(host)}: seen by its lock, host`,
    '? clie: seen by its lock',
  ]);
  expect(panel.lines('Locks')).toContain(`term: ${nameOf(host)} holds it (exclusive)`);
  expect(panel.lines('Locks')).toContain(`seat: ${nameOf(host)} holds it (exclusive)`);
  expect(panel.lines('Record')).toContain('phase: "active"');
});

test('panels tell each other who they are, and which call was refused in which tab', async () => {
  const { world, tabs } = await openThree();
  const [host, refused, onlooker] = tabs;
  await start(world, host);
  const panel = mount(world, onlooker);
  mount(world, refused);
  await world.advance(3_000);
  expect(panel.lanes()).toContain(`${nameOf(refused)}: has a panel`);

  await expect(refused.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  await world.advance(1_000);
  expect(panel.lines('Events')[0]).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${nameOf(refused)} refused here 1004$`));
  expect(panel.why()).toBe('No call of this tab was refused.');
});

test('tabs are called what the app calls them, in lanes, events, locks and the reason of a refusal; the others by their id', async () => {
  const { world, tabs } = await openThree();
  const [host, follower, other] = tabs;
  const names = new Map([[host.coordinator.tabId, 'checkout']]);
  const panel = mount(world, follower, { nameOf: (tabId) => names.get(tabId) });
  mount(world, other);
  await start(world, host);
  await expect(follower.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  await world.advance(3_000);
  expect(panel.lanes().map((lane) => lane.replace(/:.*/, ''))).toEqual([nameOf(follower), nameOf(other), 'checkout']);
  expect(panel.lines('Events and commands').join()).toContain(' checkout session_started');
  expect(panel.lines('Locks')).toContain('term: checkout holds it (exclusive)');
  expect(panel.why()).toContain('tab checkout has the session');
});

test('a refusal is explained in one sentence: the code, who has the session, in which phase, since when, how its life was proven', async () => {
  const { world, tabs } = await openThree();
  const [host, follower] = tabs;
  await start(world, host);
  const panel = mount(world, follower);
  await expect(follower.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  await world.advance(1_000);
  expect(panel.why()).toMatch(
    new RegExp(
      `^At [\\d:]{8} this tab was refused with 1004 SESSION_COUNT_LIMIT: tab ${nameOf(host)} has the session, active since [\\d:]{8}; ` +
        'its life was proven by the lock of its term, which it holds\\.$',
    ),
  );
});

test('where there are no locks the sentence names the answer that proved the life of the host', async () => {
  const world = createSimulatedBrowser();
  const [host, follower] = [
    world.openTab({ capabilities: { locks: false } }),
    world.openTab({ capabilities: { locks: false } }),
  ];
  await start(world, host);
  const panel = mount(world, follower);
  await expect(follower.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  await world.advance(1_000);
  expect(panel.why()).toContain('its life was proven by an answer that it committed');
});

test('a refusal in the tab that has the session says so', async () => {
  const { world, tabs } = await openThree();
  const [host] = tabs;
  await start(world, host);
  const panel = mount(world, host);
  await expect(host.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  await world.advance(1_000);
  expect(panel.why()).toMatch(/1004 SESSION_COUNT_LIMIT: this tab itself has the session, active since [\d:]{8}\.$/);
});

test('a double click says that the first call of this tab was not over', async () => {
  const { world, tabs } = await openThree();
  const [first] = tabs;
  const panel = mount(world, first);
  const started = first.coordinator.start();
  await expect(first.coordinator.start()).rejects.toMatchObject({ code: 1002 });
  await world.connect(first);
  await started;
  await world.advance(1_000);
  expect(panel.why()).toContain('there was no session, and another call of this tab was not over yet.');
});

test('a crash of the host and a hand-over are told apart, and drawn as arrows', async () => {
  const { world, tabs } = await openThree();
  const [first, second, third] = tabs;
  await start(world, first);
  const panel = mount(world, third);
  await world.advance(1_000);

  const moved = second.coordinator.takeOver();
  await world.connect(second);
  await moved;
  await world.advance(1_000);
  expect(panel.lines('Events').join('\n')).toContain(`${nameOf(second)} was handed the session`);

  await second.crash();
  await world.settle();
  const resumed = third.coordinator.resume();
  await world.connect(third);
  await resumed;
  await world.advance(1_000);
  expect(panel.lines('Events').join('\n')).toContain(`${nameOf(third)} goes on for a tab that was lost`);
  expect(panel.root.querySelectorAll('svg path')).toHaveLength(2);
  expect(panel.lanes()).toContain(`${nameOf(second)}: gone`);
});

test('a host that was lost is gone, also if the list of locks that still names it comes after the news', async () => {
  const { world, tabs } = await openThree();
  const [host, onlooker] = tabs;
  await start(world, host);
  const { locks } = simulatedSources(world, onlooker);
  const late: (() => void)[] = [];
  let isSlow = false;
  const panel = mount(
    world,
    onlooker,
    {},
    {
      async locks() {
        const seen = await locks();
        if (isSlow) await new Promise<void>((resolve) => late.push(resolve));
        return seen;
      },
    },
  );
  await world.advance(1_000);
  isSlow = true;
  await world.advance(3_000);
  await host.crash();
  await world.settle();
  isSlow = false;
  for (const answer of late) answer();
  await world.advance(3_000);
  expect(panel.lanes()).toContain(`${nameOf(host)}: gone`);
});

test('a panel whose tab has died does not answer, and its lane is gone a minute later', async () => {
  const { world, tabs } = await openThree();
  const [first, second] = tabs;
  const panel = mount(world, first);
  mount(world, second);
  await world.advance(3_000);
  await second.crash();
  await world.advance(8_000);
  expect(panel.lanes()).toContain(`${nameOf(second)}: its panel does not answer`);
  await world.advance(60_000);
  expect(panel.lanes()).toEqual([`${nameOf(first)}: this tab`]);
});

test('a command that is overheard is shown with its outcome, and never with what it takes or returns', async () => {
  const world = createSimulatedBrowser();
  const driver = {
    start: () => 'session',
    end: () => undefined,
    commands: {
      mute: (_: unknown, input: string) => `said ${input}`,
      fail: (_: unknown, __: string) => Promise.reject(new Error('no')),
    },
  };
  const [host, caller, onlooker] = [world.openTab({ driver }), world.openTab({ driver }), world.openTab({ driver })];
  await world.settle();
  await host.coordinator.start(undefined);
  await world.settle();
  const panel = mount(world, onlooker);
  await world.advance(100);
  expect(await caller.coordinator.call('mute', 'secret')).toBe('said secret');
  await expect(caller.coordinator.call('fail', 'secret')).rejects.toMatchObject({ outcome: 'failed' });
  await world.advance(1_000);
  const text = panel.lines('Events').join('\n');
  const name = caller.coordinator.tabId.slice(0, 4);
  expect(text).toContain(`${name} command mute: done`);
  expect(text).toContain(`${name} command fail: failed`);
  expect(panel.root.textContent).not.toContain('secret');
});

test('the report has nothing that the app published, unless the box is ticked', async () => {
  const { world, tabs } = await openThree();
  const [host, follower] = tabs;
  await start(world, host);
  const panel = mount(world, follower);
  const context = world.contextIn(host);
  context.publish({ pin: 'secret' });
  context.emit('note', 'secret');
  context.error(Object.assign(new Error('secret'), { data: 'secret' }));
  await world.advance(1_000);
  panel.press('Copy');
  await world.settle();
  expect(panel.copied[0]).not.toContain('secret');
  expect(JSON.parse(panel.copied[0] ?? '')).toMatchObject({
    scope: 'simulated',
    snapshot: { phase: 'active' },
    record: { phase: 'active' },
  });

  panel.root.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
  panel.press('Copy');
  await world.settle();
  expect(JSON.parse(panel.copied[1] ?? '').published).toMatchObject({ info: { pin: 'secret' } });
});

test('where nothing may be copied the report is there to be selected', async () => {
  const { world, tabs } = await openThree();
  const panel = mount(world, tabs[0], {}, { copy: () => Promise.reject(new Error('not allowed')) });
  panel.press('Copy');
  await world.settle();
  expect(JSON.parse(panel.root.querySelector('textarea')?.value ?? '')).toMatchObject({ scope: 'simulated' });
});

test('Escape folds the panel and leaves the focus on the button that unfolds it', async () => {
  const { world, tabs } = await openThree();
  const panel = mount(world, tabs[0]);
  panel.root.querySelector('section')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
  const fold = panel.root.querySelector('[aria-expanded]');
  expect(fold?.getAttribute('aria-expanded')).toBe('false');
  expect(panel.root.activeElement).toBe(fold);
  panel.press('Show the panel');
  expect(fold?.getAttribute('aria-expanded')).toBe('true');
});

test('the panel says that a session ended because its recovery failed', async () => {
  const world = createSimulatedBrowser();
  const driver = {
    start: () => 'session',
    resume: () => Promise.reject(new SessionError(1011, { retryable: false })),
    end: () => undefined,
  };
  const [host, tab] = [world.openTab({ driver }), world.openTab({ driver })];
  await world.settle();
  const reasons: string[] = [];
  tab.coordinator.on('session_ended', ({ reason }) => reasons.push(reason));
  await host.coordinator.start();
  await world.settle();
  const panel = mount(world, tab);
  await host.crash();
  await world.settle();
  await tab.coordinator.resume().catch(() => undefined);
  await world.advance(1_000);
  expect(reasons).toEqual(['recovery-failed']);
  expect(panel.lines('Events').join('\n')).toContain('session_ended recovery-failed');
});

test('a lock is named by the tab that holds it, also where two coordinators share a page', async () => {
  const world = createSimulatedBrowser();
  const [former, present] = [world.openTab(), world.openTab()];
  await world.settle();
  const { locks } = simulatedSources(world, present);
  // Both are of one document.
  const panel = mount(
    world,
    present,
    {},
    {
      clientId: async () => 'client page',
      locks: async () => ((await locks()) ?? []).map((lock) => ({ ...lock, clientId: 'client page' })),
    },
  );
  await world.advance(1_000);
  const started = former.coordinator.start();
  await world.connect(former);
  await started;
  await world.advance(5_000);
  const name = former.coordinator.tabId.slice(0, 4);
  expect(panel.lines('Locks')).toContain(`term: ${name} holds it (exclusive)`);
});
