/** The tests of an app, whichever way its modules are loaded. */
exports.testSession = ({ createCoordinator }, { createFakeCoordinator, createSimulatedBrowser }) => {
  test('a session starts, publishes, refuses another and ends', async () => {
    const driver = {
      start: ({ topic }, { publish }) => {
        publish({ topic });
        return 'a session';
      },
      end() {},
    };
    const coordinator = createCoordinator({ name: 'app', driver });
    expect(await coordinator.start({ topic: 'billing' })).toBe('a session');
    expect(coordinator.getSnapshot()).toMatchObject({ phase: 'active', role: 'host', info: { topic: 'billing' } });
    await expect(coordinator.start({ topic: 'billing' })).rejects.toMatchObject({ code: 1004 });
    await coordinator.end();
    expect(coordinator.getSnapshot().phase).toBe('idle');
    await coordinator.close();
  });

  test('what jsdom has no means to check is published as it is, and no wrong cause is told', async () => {
    expect([typeof structuredClone, typeof MessageChannel]).toEqual(['undefined', 'undefined']);
    const onEnd = () => undefined;
    const driver = { start: (_, { publish }) => publish({ onEnd }), end() {} };
    const coordinator = createCoordinator({ name: 'unchecked', driver });
    await coordinator.start();
    expect(coordinator.getSnapshot().info).toEqual({ onEnd });
    await coordinator.close();
  });

  test('a command runs', async () => {
    const driver = {
      start: () => 'a session',
      end() {},
      commands: { shout: (session, text) => `${session}: ${text}!` },
    };
    const coordinator = createCoordinator({ name: 'commands', driver });
    await coordinator.start();
    expect(await coordinator.call('shout', 'hello')).toBe('a session: hello!');
    await coordinator.close();
  });

  test('a second tab follows the first, and is refused', async () => {
    const browser = createSimulatedBrowser();
    const driver = { start: ({ topic }, { publish }) => publish({ topic }), end() {} };
    const [first, second] = [browser.openTab({ driver }), browser.openTab({ driver })];
    await first.coordinator.start({ topic: 'billing' });
    await expect(second.coordinator.start({ topic: 'other' })).rejects.toMatchObject({ code: 1004 });
    expect(second.coordinator.getSnapshot()).toMatchObject({ role: 'follower', info: { topic: 'billing' } });
  });

  test('a simulated tab that can’t clone says that structuredClone is missing', async () => {
    const browser = createSimulatedBrowser();
    const { coordinator } = browser.openTab({
      driver: { start: (_, { publish }) => publish({ since: new Date(0) }), end() {} },
    });
    const failure = await coordinator.start().catch((error) => error);
    expect(failure.cause.message).toMatch(/can't be sent to other tabs or stored: structuredClone is not defined/);
  });

  test('a fake coordinator shows what it is told to', () => {
    const fake = createFakeCoordinator({ phase: 'active', role: 'follower', info: { topic: 'billing' } });
    expect(fake.getSnapshot()).toMatchObject({ phase: 'active', info: { topic: 'billing' } });
  });

  test('a real coordinator prints nothing', async () => {
    const printed = ['debug', 'log', 'info', 'warn', 'error'].map((level) => jest.spyOn(console, level));
    const coordinator = createCoordinator({ name: 'silent', driver: { start: () => 'a session', end() {} } });
    await coordinator.start();
    await coordinator.end();
    await coordinator.close();
    expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([]);
    jest.restoreAllMocks();
  });

  test('tabs and fake timers move together, where only promises are left to wait by', async () => {
    jest.useFakeTimers();
    const browser = createSimulatedBrowser();
    const { coordinator } = browser.openTab({
      driver: { start: () => new Promise((resolve) => setTimeout(resolve, 10_000, 'a session')), end() {} },
    });
    const started = coordinator.start();
    await browser.advance(5_000);
    expect(coordinator.getSnapshot().phase).toBe('connecting');
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await started).toBe('a session');
    jest.useRealTimers();
  });
};
