/** The same calls on a fake coordinator and on a real one in a simulated tab: whoever tests with the fake is told no lies. */
import type { Coordinator } from 'solotab';
import { createFakeCoordinator, createSimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';

interface Subject {
  readonly coordinator: Coordinator;
  /** Lets what was called go as far as it goes. A fake has none: a call is `connecting` at once, and `active` if we wait. */
  readonly settle?: () => Promise<void>;
  /** Connects the call that is `connecting`. A fake's call connects by itself. */
  readonly connect?: () => Promise<void>;
}

type Story = (subject: Subject) => Promise<unknown>;

function fake(): Subject {
  return { coordinator: createFakeCoordinator() };
}

async function real(): Promise<Subject> {
  const world = createSimulatedBrowser();
  const tab = world.openTab();
  await world.settle();
  return {
    // Whatever the shape is, this test knows nothing of it.
    coordinator: tab.coordinator as unknown as Coordinator,
    settle: () => world.settle(),
    connect: () => world.connect(tab),
  };
}

/** What became of the calls, what was heard, and what is shown, without numbers and times. */
async function told(subject: Subject, story: Story): Promise<readonly unknown[]> {
  const { coordinator } = subject;
  const log: unknown[] = [];
  const errorNote = ({ code, local, seq }: { code: number; local: boolean; seq: number | null }) =>
    log.push(`session_error ${code} ${local} ${seq}`);
  coordinator.on('session_error', errorNote);
  for (const type of ['session_started', 'session_joined', 'session_resumed'] as const) {
    coordinator.on(type, (event) => log.push(`${event.type} ${coordinator.getSnapshot().phase}`));
  }
  coordinator.on('session_ended', ({ reason }) =>
    log.push(`session_ended ${reason} ${coordinator.getSnapshot().phase}`),
  );
  let last = '';
  coordinator.subscribe(() => {
    const { phase, role, kind, info, hostTabId } = coordinator.getSnapshot();
    const own = hostTabId === coordinator.tabId;
    const next = `${phase} ${role} ${kind} ${info} ${own}`;
    if (next !== last) log.push(next);
    last = next;
  });
  const outcome: unknown = await story(subject);
  return [...log, outcome];
}

/** What became of a call, by what its caller can tell. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    (value) => (value === undefined ? 'nothing' : 'a session'),
    ({ name, code, local }) => (name === 'SessionError' ? `${code} ${local}` : name),
  );
}

const begin = async ({ coordinator, settle, connect }: Subject, kind: 'start' | 'join'): Promise<void> => {
  const begun = coordinator[kind]();
  if (settle) await settle();
  await connect?.();
  await begun;
};

test.each<[string, Story]>([
  ['a start', (subject) => begin(subject, 'start')],
  ['a join', (subject) => begin(subject, 'join')],
  [
    'a start and its end',
    async (subject) => {
      await begin(subject, 'start');
      await subject.coordinator.end();
    },
  ],
  [
    'a double click',
    async ({ coordinator, settle, connect }) => {
      const first = coordinator.start();
      if (settle) await settle();
      const second = outcomeOf(coordinator.start());
      await connect?.();
      await first;
      return [await second, await outcomeOf(coordinator.join()), await outcomeOf(coordinator.resume())];
    },
  ],
  [
    'a start that is canceled',
    async ({ coordinator, settle }) => {
      const started = outcomeOf(coordinator.start());
      if (settle) await settle();
      const canceled = coordinator.cancel();
      return [await started, await outcomeOf(canceled)];
    },
  ],
  [
    'a start that is ended before it is connected',
    async ({ coordinator, settle }) => {
      const started = outcomeOf(coordinator.start());
      if (settle) await settle();
      const ended = coordinator.end();
      return [await started, await outcomeOf(ended)];
    },
  ],
  [
    'a start that is given up by its signal',
    async ({ coordinator, settle }) => {
      const { signal, ...own } = abortable();
      const started = outcomeOf(coordinator.start(undefined, { signal }));
      if (settle) await settle();
      own.abort();
      const outcome = await started;
      await settle?.();
      return outcome;
    },
  ],
  [
    'a start whose signal was aborted before',
    async ({ coordinator }) => {
      const { signal, ...own } = abortable();
      own.abort();
      return outcomeOf(coordinator.start(undefined, { signal }));
    },
  ],
  ['a resume of nothing', ({ coordinator }) => outcomeOf(coordinator.resume())],
  ['a takeover of nothing', ({ coordinator }) => outcomeOf(coordinator.takeOver())],
  ['an end and a cancel of nothing', ({ coordinator }) => Promise.all([coordinator.end(), coordinator.cancel()])],
  [
    'a cancel of what is active',
    async (subject) => {
      await begin(subject, 'start');
      await subject.coordinator.cancel();
    },
  ],
  [
    'two ends at once',
    async (subject) => {
      await begin(subject, 'join');
      await Promise.all([subject.coordinator.end(), subject.coordinator.end()]);
    },
  ],
  [
    'a session, and another one after it',
    async (subject) => {
      await begin(subject, 'start');
      await subject.coordinator.end();
      await begin(subject, 'join');
    },
  ],
  [
    'a session that is wanted, twice',
    async ({ coordinator, settle, connect }) => {
      const wanted = [outcomeOf(coordinator.ensure()), outcomeOf(coordinator.ensure())];
      if (settle) await settle();
      await connect?.();
      return [await Promise.all(wanted), await outcomeOf(coordinator.ensure())];
    },
  ],
  [
    'a session that is wanted and canceled',
    async ({ coordinator, settle }) => {
      const wanted = outcomeOf(coordinator.ensure());
      if (settle) await settle();
      const canceled = outcomeOf(coordinator.cancel());
      return [await wanted, await canceled];
    },
  ],
  [
    'a session that is wanted until a signal aborts',
    async ({ coordinator, settle }) => {
      const { signal, ...own } = abortable();
      const wanted = outcomeOf(coordinator.ensure(undefined, { signal }));
      if (settle) await settle();
      own.abort();
      const outcome = await wanted;
      await settle?.();
      return outcome;
    },
  ],
  [
    'a session that is forgotten, and one that is wanted after it',
    async (subject) => {
      const { coordinator, settle, connect } = subject;
      await begin(subject, 'start');
      const forgotten = await outcomeOf(coordinator.forget());
      const wanted = outcomeOf(coordinator.ensure());
      if (settle) await settle();
      await connect?.();
      return [forgotten, await wanted, coordinator.getSnapshot().lastError];
    },
  ],
  ['nothing that is forgotten', ({ coordinator }) => outcomeOf(coordinator.forget())],
  [
    'a command without a session, without a name, and one that can’t be cloned',
    async (subject) => {
      const { coordinator } = subject;
      const none = await outcomeOf(coordinator.call('send'));
      await begin(subject, 'start');
      return [
        none,
        await outcomeOf(coordinator.call('')),
        await outcomeOf(coordinator.call('send', () => undefined)),
        await outcomeOf(coordinator.call('no such command')),
      ];
    },
  ],
])('%s is told by a fake as by a real coordinator', async (_, story) => {
  expect(await told(fake(), story)).toEqual(await told(await real(), story));
});

test.each(['resume', 'takeOver'] as const)('a fake goes on with a lost session by %s()', async (method) => {
  const session = { id: 1 };
  const fakeCoordinator = createFakeCoordinator({ phase: 'recovering', role: 'follower', info: 'kept' }, { session });
  const log = await told({ ...fake(), coordinator: fakeCoordinator }, async ({ coordinator }) => {
    await expect(coordinator.start()).rejects.toMatchObject({ code: 1002 });
    return coordinator[method]();
  });
  expect(log).toEqual([
    'session_error 1002 true null',
    'connecting host start kept true',
    'active host start kept true',
    'session_resumed active',
    session,
  ]);
  expect(await fakeCoordinator.takeOver()).toBe(session);
  expect(fakeCoordinator.session).toBe(session);
});

test('a fake takes a session over from the tab that has it, ends what was active once, and lets go of what it gave up', async () => {
  const taking = createFakeCoordinator({ phase: 'active', role: 'follower' });
  await expect(taking.start()).rejects.toMatchObject({ code: 1004 });
  await taking.takeOver();
  expect(taking.getSnapshot()).toMatchObject({ phase: 'active', role: 'host', epoch: 2 });

  const reasons: string[] = [];
  const ending = createFakeCoordinator({ phase: 'recovering', role: 'follower' });
  ending.on('session_ended', ({ reason }) => reasons.push(reason));
  const resumed = outcomeOf(ending.resume());
  await ending.cancel();
  expect([await resumed, reasons]).toEqual(['AbortError', ['ended']]);

  const { signal, abort } = abortable();
  const aborted = createFakeCoordinator({ phase: 'recovering', role: 'follower' });
  const call = outcomeOf(aborted.resume({ signal }));
  abort();
  expect(await call).toBe('AbortError');
  expect(aborted.getSnapshot()).toMatchObject({ phase: 'recovering', role: 'follower', hostTabId: null });
});

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
