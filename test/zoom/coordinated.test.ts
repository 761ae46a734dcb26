import { describe, expect, test, vi } from 'vitest';
import { SessionError } from '../../src/session/errors';
import { createWorld, type Page, type World } from './pages';

async function startIn(world: World, page: Page, customPinCode = 'PIN'): Promise<void> {
  await page.cobrowse.start({ sdkToken: world.service.issueToken('ada'), customPinCode });
  await world.browser.settle();
}

describe('one session for all tabs', () => {
  test('the second tab is refused before the service hears of it, and told with the code that the SDK would use', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await expect(second.cobrowse.start({ sdkToken: 'any' })).rejects.toBeInstanceOf(SessionError);
    await expect(second.cobrowse.join({ sdkToken: 'any', customPinCode: 'PIN' })).rejects.toMatchObject({ code: 1004 });
    expect(world.service.requests).toEqual(['start']);
    expect(second.heard).toEqual(['session_started', 'session_error 1004', 'session_error 1004']);
    expect(first.heard).toEqual(['pincode_updated PIN', 'session_started']);
  });

  test('of ten tabs that start at once one does', async () => {
    const world = createWorld();
    const pages = Array.from({ length: 10 }, () => world.openPage());
    const outcomes = await Promise.allSettled(
      pages.map((page) => page.cobrowse.start({ sdkToken: world.service.issueToken('ada') })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(world.service.requests).toEqual(['start']);
  });

  test('while one connects the others get 1002, while one is being canceled 1017', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    world.service.hold();
    const started = first.cobrowse.start({ sdkToken: world.service.issueToken('ada') });
    await world.browser.settle();
    await expect(second.cobrowse.start()).rejects.toMatchObject({ code: 1002 });
    const ended = second.cobrowse.end();
    await world.browser.settle();
    expect(first.sdk.getSessionInfo().sessionStatus).toBe('session_canceling');
    await expect(second.cobrowse.start()).rejects.toMatchObject({ code: 1017 });
    world.service.release();
    await ended;
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    await startIn(world, second);
    expect(world.service.requests).toEqual(['start', 'end', 'start']);
  });

  test('a refused call that nobody handles is no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    second.cobrowse.start();
    second.cobrowse.join();
    await world.browser.settle();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    // The join is a second click in its own tab while the start still asks the others.
    expect(second.heard).toEqual(['session_started', 'session_error 1002', 'session_error 1004']);
  });

  test('a failed start is one session_error in every tab', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    world.service.failNext(1016);
    await expect(startIn(world, first)).rejects.toMatchObject({ code: 1016, local: false });
    await world.browser.settle();
    expect([first.heard, second.heard]).toEqual([['session_error 1016'], ['session_error 1016']]);
    await startIn(world, second);
    expect(second.snapshot).toMatchObject({ phase: 'active', role: 'host' });
  });

  test('any tab can end it', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await second.cobrowse.end();
    await world.browser.settle();
    expect(world.service.sessions.size).toBe(0);
    expect([first.sdk.listenerCount, second.snapshot.phase]).toEqual([1, 'idle']); // the app's own, to pincode_updated
    for (const page of [first, second]) expect(page.heard).toContain('session_ended ended');
  });

  test('a SDK that never tells its end keeps no tab waiting for ever, and is asked again', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage({ connectTimeoutMs: 1_000 }), world.openPage()];
    await startIn(world, first);
    const end = vi.spyOn(first.sdk, 'end').mockImplementationOnce(() => {});
    const ended = second.cobrowse.end();
    await world.browser.advance(1_500);
    await ended;
    await world.browser.settle();
    expect(second.heard).toEqual(['session_started', 'session_error 9999', 'session_ended ended']);
    expect(end).toHaveBeenCalledTimes(2);
    expect(world.service.sessions.size).toBe(0);
  });
});

describe('what the SDK tells', () => {
  test('is heard in every tab once, in the same order', async () => {
    const world = createWorld();
    const pages = [world.openPage(), world.openPage(), world.openPage()];
    const [first] = pages as [Page];
    await startIn(world, first);
    world.service.agentJoins('PIN', 'kim');
    first.sdk.tell('remote_assist_started', {});
    first.sdk.tell('remote_assist_stopped', {});
    first.sdk.tell('session_error', { code: 1016 });
    world.service.agentLeaves('PIN', 'kim');
    world.service.endSession('PIN');
    await world.browser.settle();
    const heard = [
      'session_started',
      'agent_joined kim',
      'remote_assist_started',
      'remote_assist_stopped',
      'session_error 1016',
      'agent_left kim',
      'session_ended ended',
    ];
    expect(pages.map((page) => page.heard)).toEqual([['pincode_updated PIN', ...heard], heard, heard]);
    expect(first.sdk.listenerCount).toBe(1);
  });

  test('comes with the payload that the SDK gave', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    world.service.agentJoins('PIN', 'kim');
    await world.browser.settle();
    expect(second.payloads[1]).toEqual({ user: 'kim' });
  });

  test('shows as recovering in every tab while the SDK reconnects', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    first.sdk.loseConnection();
    await world.browser.settle();
    expect([first.snapshot, second.snapshot]).toMatchObject([
      { phase: 'recovering', role: 'host' },
      { phase: 'recovering', role: 'follower' },
    ]);
    first.sdk.regainConnection();
    await world.browser.settle();
    expect([first.snapshot.phase, second.snapshot.phase]).toEqual(['active', 'active']);
    expect(second.heard).toEqual(['session_started', 'session_reconnecting', 'session_joined']);
  });

  test.each(['start', 'join'] as const)(
    'is active once the SDK is through, if it had to reconnect during its %s',
    async (call) => {
      const world = createWorld();
      const page = world.openPage();
      if (call === 'join') {
        await startIn(world, page);
        await page.reload();
      }
      world.service.hold();
      const connected = page.cobrowse[call]({ sdkToken: world.service.issueToken('ada') });
      await world.browser.settle();
      page.sdk.loseConnection();
      world.service.release();
      await connected;
      await world.browser.settle();
      expect(page.snapshot).toMatchObject({ phase: 'active', role: 'host' });
      await world.browser.advance(200_000);
      expect(page.snapshot.phase).toBe('active');
    },
  );

  test('ends the session everywhere when the SDK can not reconnect', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    first.sdk.loseConnection();
    first.sdk.giveUpConnection();
    await world.browser.settle();
    expect(second.heard).toEqual([
      'session_started',
      'session_reconnecting',
      'session_error 1011',
      'session_ended ended',
    ]);
    expect(second.snapshot.phase).toBe('idle');
  });

  test('is not heard any more by a listener that was taken off', async () => {
    const world = createWorld();
    const page = world.openPage();
    const [once, gone, local] = [vi.fn(), vi.fn(), vi.fn()];
    page.cobrowse.on('session_started', once);
    page.cobrowse.on('session_started', once);
    page.cobrowse.on('session_joined', gone);
    page.cobrowse.on('session_started', gone);
    page.cobrowse.on('pincode_updated', local);
    page.cobrowse.on('something_new', local);
    page.cobrowse.off('session_joined', gone);
    page.cobrowse.off('session_started', gone);
    page.cobrowse.off('pincode_updated', local);
    page.cobrowse.off('agent_left', gone); // was never on
    await startIn(world, page);
    page.sdk.tell('something_new', 1);
    page.sdk.loseConnection();
    page.sdk.regainConnection();
    await world.browser.settle();
    expect([once, gone, local].map((listener) => listener.mock.calls.length)).toEqual([1, 0, 1]);
  });
});

test('a listener that was taken off does not hear of a session that was joined either', async () => {
  const world = createWorld();
  const page = world.openPage();
  const [gone, stays] = [vi.fn(), vi.fn()];
  for (const listener of [gone, stays]) page.cobrowse.on('session_joined', listener);
  page.cobrowse.off('session_joined', gone);
  world.service.begin('OPEN', { user: 'ada', role: 'customer' }, page.sdk).page = null;
  await page.cobrowse.join({ sdkToken: world.service.issueToken('kim', 'agent'), customPinCode: 'OPEN' });
  await world.browser.settle();
  expect([gone, stays].map((listener) => listener.mock.calls.length)).toEqual([0, 1]);
});

describe('secrets', () => {
  async function storedAfterAll(page: Page, world: World): Promise<string> {
    await world.browser.settle();
    const stored = await page.tab.platform.openStore('zoom-cobrowse')?.read({ journal: true });
    return JSON.stringify([stored, world.browser.timeline()]);
  }

  test('neither the token nor the PIN is stored or sent to another tab', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    const token = world.service.issueToken('ada');
    await first.cobrowse.start({ sdkToken: token, customPinCode: 'SECRETPIN' });
    const stored = await storedAfterAll(second, world);
    expect(stored).toContain('session_started');
    expect(stored).not.toContain(token);
    expect(stored).not.toContain('SECRETPIN');
    expect(second.heard).toEqual(['session_started']);
    expect(first.heard).toContain('pincode_updated SECRETPIN');
  });

  test('the PIN is shown to every tab, also to one opened later, where the app wants it', async () => {
    const world = createWorld();
    const options = { publishPin: true };
    const [first, second] = [world.openPage(options), world.openPage(options)];
    await startIn(world, first, 'shown');
    const late = world.openPage(options);
    await late.cobrowse.coordinator.ready;
    expect(second.heard).toContain('pincode_updated SHOWN');
    expect(first.heard.filter((line) => line === 'pincode_updated SHOWN')).toHaveLength(1);
    expect(late.snapshot.info).toEqual({ pincode: 'SHOWN' });
  });

  test('a token is fetched for each attempt, and a refused one replaced once', async () => {
    const world = createWorld();
    const good = world.service.issueToken('ada');
    const tokens = ['stale', good];
    const page = world.openPage({ token: async () => tokens.shift() ?? 'none left' });
    await page.cobrowse.start({ customPinCode: 'PIN' });
    expect(world.service.requests).toEqual(['start', 'start']);
    expect(await storedAfterAll(page, world)).not.toContain(good);
  });
});

describe('PINs', () => {
  test('a bad or missing PIN is refused in its own tab, before anything happens', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage({ pin: 'required' }), world.openPage()];
    await expect(first.cobrowse.start({ sdkToken: 'any' })).rejects.toMatchObject({ code: 1009, local: true });
    await expect(second.cobrowse.start({ customPinCode: 'not good' })).rejects.toMatchObject({
      code: 1008,
      local: true,
    });
    await world.browser.settle();
    expect([first.heard, second.heard]).toEqual([['session_error 1009'], ['session_error 1008']]);
    expect(world.service.requests).toEqual([]);
  });

  test('a generated PIN that is in use is replaced, and the call resolves with the one that counts', async () => {
    const world = createWorld();
    const page = world.openPage({ pin: 'generated' });
    world.service.failNext(1010, 1010);
    const { pincode } = await page.cobrowse.start({ sdkToken: world.service.issueToken('ada') });
    expect(world.service.requests).toEqual(['start', 'start', 'start']);
    expect(world.service.withPin(pincode ?? '')).toBeDefined();
  });

  test('an agent’s page joins by PIN, and learns why it may not', async () => {
    const world = createWorld();
    const agent = world.openPage();
    const customer = { user: 'ada', role: 'customer' } as const;
    const elsewhere = new (await import('./stand-in-sdk')).StandInSession(world.service);
    world.service.begin('OPEN', customer, elsewhere).page = null; // a customer in another browser, just refreshing
    const token = world.service.issueToken('kim', 'agent');
    const join = (sdkToken: string, customPinCode: string) => agent.cobrowse.join({ sdkToken, customPinCode });
    await expect(join('stale', 'OPEN')).rejects.toMatchObject({ code: 2001 });
    await expect(join(token, 'WRONG')).rejects.toMatchObject({ code: 1006 });
    await expect(join(world.service.issueToken('bob'), 'OPEN')).rejects.toMatchObject({ code: 1012 });
    await expect(join(world.service.issueToken('ada'), 'OPEN')).rejects.toMatchObject({ code: 1015 });
    for (const user of ['1', '2', '3', '4', '5']) world.service.agentJoins('OPEN', user);
    await expect(join(token, 'OPEN')).rejects.toMatchObject({ code: 1013 });
    world.service.agentLeaves('OPEN', '5');
    await join(token, 'open');
    await world.browser.settle();
    expect(agent.snapshot).toMatchObject({ phase: 'active', kind: 'join' });
  });
});

describe('a refresh of the tab that has the session', () => {
  test('goes on by itself, and the others hear no error', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await first.reload();
    await world.browser.settle();
    expect(second.snapshot).toMatchObject({ phase: 'active', role: 'follower' });
    expect(second.heard).toEqual(['session_started', 'session_joined']);
    expect(world.service.requests).toEqual(['start', 'rejoin']);
    world.service.agentJoins('PIN', 'kim');
    await world.browser.settle();
    expect(second.heard).toContain('agent_joined kim');
  });

  test('goes on once, and without an error, where the app calls join as the page loads', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await first.reload();
    expect(first.cobrowse.getSessionInfo().sessionStatus).toBe('session_recoverable');
    await expect(first.cobrowse.join()).resolves.toEqual({ pincode: null });
    await world.browser.settle();
    expect(world.service.requests).toEqual(['start', 'rejoin']);
    for (const page of [first, second]) expect(page.heard.join()).not.toContain('session_error');
    expect(first.snapshot).toMatchObject({ phase: 'active', role: 'host' });
  });

  test.each(['any-tab', 'manual'] as const)('goes on where the app calls join and the policy is %s', async (by) => {
    const world = createWorld();
    const page = world.openPage({ recovery: { by } });
    await startIn(world, page);
    await page.reload();
    await page.cobrowse.join();
    expect(world.service.requests).toEqual(['start', 'rejoin']);
    expect(page.heard.join()).not.toContain('session_error');
  });

  test('goes on where the tabs have forgotten the session but the SDK has not', async () => {
    const world = createWorld();
    const page = world.openPage();
    await startIn(world, page);
    await page.reload();
    world.browser.wipeStorage();
    const joined = page.cobrowse.join();
    await world.browser.advance(1_000);
    await joined;
    expect(page.snapshot).toMatchObject({ phase: 'active', kind: 'join' });
  });

  test('ends the session for all where the SDK has forgotten it', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await first.reload(new Map());
    await world.browser.advance(10_000);
    expect(second.snapshot.phase).toBe('idle');
    expect(second.heard).toContain('session_ended recovery-failed');
    expect(world.service.requests).toEqual(['start']);
  });

  test('is tried again after a failure, and then goes on', async () => {
    const world = createWorld();
    const page = world.openPage();
    await startIn(world, page);
    world.service.failNext(1016);
    await page.reload();
    const joined = page.cobrowse.join();
    await world.browser.advance(5_000);
    await joined;
    expect(world.service.requests).toEqual(['start', 'rejoin', 'rejoin']);
  });

  test('is waited for by a join that comes while it pauses between two tries', async () => {
    const world = createWorld();
    const page = world.openPage();
    await startIn(world, page);
    world.service.failNext(1016);
    await page.reload();
    await world.browser.settle();
    expect(page.snapshot).toMatchObject({ phase: 'connecting', role: 'host' });
    expect(page.cobrowse.getSessionInfo().sessionStatus).toBe('session_recoverable');
    const subscribe = vi.spyOn(page.cobrowse.coordinator, 'subscribe');
    const joined = page.cobrowse.join();
    await world.browser.advance(5_000);
    await joined;
    expect(page.heard.join()).not.toContain('session_error');
    // It has stopped listening.
    const [look] = subscribe.mock.calls[0] ?? [];
    const getSnapshot = vi.spyOn(page.cobrowse.coordinator, 'getSnapshot');
    page.sdk.loseConnection();
    await world.browser.settle();
    expect(look).toBeDefined();
    expect(getSnapshot).not.toHaveBeenCalled();
  });

  test('rejects the join of the page with 1004 when another tab went on with the session', async () => {
    const world = createWorld();
    const options = { recovery: { by: 'any-tab' } } as const;
    const first = world.openPage(options);
    const second = world.openPage(options, first.sdk.memory);
    await startIn(world, first);
    // Both wait a moment for a visible tab to go on; then a person decides.
    await first.tab.hide();
    await second.tab.hide();
    await first.reload();
    const joined = first.cobrowse.join();
    await world.browser.advance(50);
    await second.cobrowse.coordinator.resume();
    await world.browser.advance(5_000);
    await expect(joined).rejects.toMatchObject({ code: 1004 });
    expect(second.snapshot).toMatchObject({ phase: 'active', role: 'host' });
  });

  test('rejects the join of the page with 1011 when the session can not be saved', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    world.service.failNext(1016, 1016, 1016, 1016);
    await first.reload();
    const joined = first.cobrowse.join();
    await world.browser.advance(60_000);
    await expect(joined).rejects.toMatchObject({ code: 1011 });
    expect([first.snapshot.phase, second.snapshot.phase]).toEqual(['idle', 'idle']);
    expect(world.service.requests).toEqual(['start', 'rejoin', 'rejoin']);
  });
});

describe('a tab that loses the session', () => {
  test('crashes, and two minutes later the scope is free', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await first.crash();
    await world.browser.settle();
    expect(second.snapshot.phase).toBe('recovering');
    await world.browser.advance(121_000);
    expect(second.snapshot.phase).toBe('idle');
    await startIn(world, second, 'NEW');
    expect(second.snapshot.role).toBe('host');
  });

  test('takes it up again where the tab that took over could not go on with it', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await expect(second.cobrowse.coordinator.takeOver()).rejects.toMatchObject({ code: 1011 });
    await world.browser.advance(5_000);
    expect(first.snapshot).toMatchObject({ phase: 'active', role: 'host' });
    expect(world.service.requests).toEqual(['start']);
    world.service.agentJoins('PIN', 'kim');
    await world.browser.settle();
    expect(second.heard).toContain('agent_joined kim');
  });

  test('does not share on when the session is over for all tabs', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage({ recovery: { by: 'manual' } })];
    await startIn(world, first);
    await expect(second.cobrowse.coordinator.takeOver()).rejects.toMatchObject({ code: 1011 });
    await second.cobrowse.end();
    await world.browser.settle();
    expect(world.service.sessions.size).toBe(0);
  });

  test('is stopped, loses the session to a tab that insists, and does not end it as it wakes', async () => {
    const world = createWorld();
    const first = world.openPage();
    const second = world.openPage({}, first.sdk.memory);
    await startIn(world, first);
    await first.tab.stop();
    first.sdk.disconnect();
    const moved = second.cobrowse.coordinator.takeOver({ force: true });
    await world.browser.advance(60_000);
    await moved;
    await first.tab.cont();
    await world.browser.settle();
    expect(first.heard).toContain('session_ended superseded');
    expect(first.snapshot).toMatchObject({ phase: 'active', role: 'follower' });
    expect(world.service.sessions.size).toBe(1);
    await first.cobrowse.close();
    expect(world.service.sessions.size).toBe(1);
  });

  test('is stopped, ended from another tab meanwhile, and ends the SDK’s session as it wakes', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await first.tab.stop();
    const ended = second.cobrowse.end();
    await world.browser.advance(60_000);
    await ended;
    expect(second.snapshot.phase).toBe('idle');
    await first.tab.cont();
    await world.browser.settle();
    expect(world.service.sessions.size).toBe(0);
  });
});

describe('closing', () => {
  test('in a tab that only follows changes nothing for the others', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await second.cobrowse.close();
    await second.cobrowse.close();
    await world.browser.settle();
    expect(first.snapshot).toMatchObject({ phase: 'active', role: 'host' });
  });

  test('in the tab that has the session ends it, so that nothing is shared that no tab shows', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(), world.openPage()];
    await startIn(world, first);
    await first.cobrowse.close();
    await world.browser.settle();
    expect(world.service.sessions.size).toBe(0);
    expect(second.heard).toEqual(['session_started', 'session_ended ended']);
  });

  test('while a start is under way gives it up', async () => {
    const world = createWorld();
    const page = world.openPage();
    world.service.hold();
    const started = page.cobrowse.start({ sdkToken: world.service.issueToken('ada') });
    await world.browser.settle();
    const closed = page.cobrowse.close();
    await world.browser.settle();
    world.service.release();
    await closed;
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    expect(world.service.sessions.size).toBe(0);
    expect(page.sdk.listenerCount).toBe(1);
  });
});

describe('what the SDK holds in a page', () => {
  const MANUAL = { recovery: { by: 'manual' } } as const;

  test('is ended as that page closes, also after another tab tried in vain to take it over', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(MANUAL), world.openPage(MANUAL)];
    await startIn(world, first);
    const refused = expect(second.cobrowse.coordinator.takeOver()).rejects.toMatchObject({ code: 1011 });
    await world.browser.settle();
    await refused;
    await first.cobrowse.close();
    await world.browser.settle();
    expect([world.service.sessions.size, second.snapshot.phase]).toEqual([0, 'idle']);
  });

  test('is ended as another tab ends it, also once it was resumed there and the page froze again', async () => {
    const world = createWorld();
    const [first, second] = [world.openPage(MANUAL), world.openPage(MANUAL)];
    await startIn(world, first);
    for (const resumes of [true, false]) {
      await first.tab.freeze();
      await world.browser.settle();
      await first.tab.wake();
      await world.browser.settle();
      if (resumes) await first.cobrowse.coordinator.resume();
    }
    await second.cobrowse.end();
    await world.browser.settle();
    expect(world.service.sessions.size).toBe(0);
  });
});

test('a join that waits for the session to go on is over as its page closes', async () => {
  const world = createWorld();
  const page = world.openPage();
  await startIn(world, page);
  await page.reload();
  const joined = page.cobrowse.join();
  const whenJoined = expect(joined).rejects.toMatchObject({ name: 'InvalidStateError' });
  await page.cobrowse.coordinator.ready;
  await page.cobrowse.close();
  await whenJoined;
});
