import { describe, expect, test, vi } from 'vitest';
import type { AttemptContext } from '../../src/attempts/attempt';
import { beginAttempt } from '../../src/attempts/attempt';
import { SessionError } from '../../src/session/errors';
import { createZoomDriver } from '../../src/zoom/driver';
import { createFakeCall, type FakeCall } from '../attempts/fake-call';
import { StandInService, StandInSession } from './stand-in-sdk';

const unused = createFakeCall().context;
const previous = { kind: 'start', info: null, epoch: 6 } as const;

function createPage({ publishPin = false, service = new StandInService() } = {}) {
  const sdk = new StandInSession(service);
  const driver = createZoomDriver(sdk, publishPin);
  const call = createFakeCall();
  const sdkToken = service.issueToken('ada');
  return { service, sdk, driver, call, sdkToken, context: contextOf(call) };
}

function contextOf(call: FakeCall, facts: Partial<Pick<AttemptContext, 'token' | 'pin'>> = {}): AttemptContext {
  return beginAttempt(
    call.context,
    { attempt: 1, token: undefined, pin: undefined, ...facts },
    async () => undefined,
    () => undefined,
  ).context;
}

async function createLivePage(options: { publishPin?: boolean } = {}) {
  const page = createPage(options);
  await page.driver.start({ sdkToken: page.sdkToken, customPinCode: 'PIN' }, page.context);
  return page;
}

describe('starting', () => {
  test('succeeds when the SDK says so, and not when its method returns', async () => {
    const { service, driver, context, sdkToken } = createPage();
    service.hold();
    let connection: unknown = null;
    const started = Promise.resolve(driver.start({ sdkToken, customPinCode: 'PIN' }, context)).then((value) => {
      connection = value;
    });
    await Promise.resolve();
    expect(connection).toBeNull();
    service.release();
    await started;
    expect(connection).toEqual({ pincode: 'PIN' });
  });

  test('fails with the code of the session_error that the SDK tells', async () => {
    const { service, driver, context, sdkToken } = createPage();
    service.failNext(9999);
    await expect(driver.start({ sdkToken }, context)).rejects.toMatchObject({ code: 9999 });
  });

  test('fails with the SDK’s code whatever else is told with it: a reason does not make it a closed socket', async () => {
    const { sdk, driver, context } = createPage();
    for (const told of [
      { code: 2001, reason: 'expired' },
      { code: 2001, exception: 'TOKEN_INVALID' },
    ]) {
      vi.spyOn(sdk, 'start').mockImplementationOnce(() => sdk.tell('session_error', told));
      await expect(driver.start({}, context)).rejects.toMatchObject({ code: 2001, cause: told });
    }
  });

  test('fails with a SessionError as it is, where what stands for the SDK throws one', async () => {
    const { sdk, driver, context } = createPage();
    vi.spyOn(sdk, 'start').mockImplementation(() => {
      throw new SessionError(1001, { message: 'Gone.', retryable: false });
    });
    await expect(driver.start({}, context)).rejects.toMatchObject({ code: 1001, message: 'Gone.', retryable: false });
  });

  test('fails with 1001 where the SDK tells a code that is not in the catalogue, or ends the session instead', async () => {
    const { sdk, service, driver, context, sdkToken } = createPage();
    service.failNext(30308);
    await expect(driver.start({ sdkToken }, context)).rejects.toMatchObject({ code: 1001 });
    service.hold();
    const started = driver.start({ sdkToken }, context);
    sdk.ended();
    await expect(started).rejects.toMatchObject({ code: 1001 });
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('not initialized');
      },
    ],
    ['rejects', () => Promise.reject(new Error('not initialized'))],
  ])('fails where the SDK’s method %s', async (_, start) => {
    const { sdk, driver, context } = createPage();
    vi.spyOn(sdk, 'start').mockImplementation(start as () => void);
    await expect(driver.start({}, context)).rejects.toMatchObject({
      code: 1001,
      cause: { message: 'not initialized' },
    });
    expect(sdk.listenerCount).toBe(0);
  });

  test('sends the token and the PIN of the attempt, and whatever else the request has', async () => {
    const { sdk, service, driver, call } = createPage();
    const start = vi.spyOn(sdk, 'start');
    const token = service.issueToken('ada');
    await driver.start({ sdkToken: 'old', other: 1 }, contextOf(call, { token, pin: 'MINE' }));
    expect(start).toHaveBeenCalledWith({ sdkToken: token, customPinCode: 'MINE', other: 1 });
  });

  test('that is given up ends at the SDK, and is over when the SDK says so', async () => {
    const { service, sdk, driver, call, context, sdkToken } = createPage();
    service.hold();
    const started = driver.start({ sdkToken }, context);
    call.abort();
    expect(sdk.getSessionInfo().sessionStatus).toBe('session_canceling');
    service.release();
    await expect(started).rejects.toMatchObject({ code: 1001 });
    expect(service.requests).toEqual(['start', 'end']);
    expect(sdk.listenerCount).toBe(0);
  });

  test('that succeeds although it was given up is not hidden: the coordinator has to end it', async () => {
    const { sdk, service, driver, call, context, sdkToken } = createPage();
    vi.spyOn(sdk, 'end').mockImplementation(() => {});
    service.hold();
    const started = driver.start({ sdkToken }, context);
    call.abort();
    service.release();
    await expect(started).resolves.toEqual({ pincode: expect.any(String) });
  });
});

describe('what the SDK tells', () => {
  test('is told to every tab while the session is live', async () => {
    const { service, sdk, call } = await createLivePage();
    service.agentJoins('PIN', 'kim');
    sdk.tell('remote_assist_started', { type: 'scroll_page' });
    sdk.tell('remote_assist_stopped', undefined);
    service.agentLeaves('PIN', 'kim');
    sdk.loseConnection();
    sdk.regainConnection();
    sdk.tell('session_error', { code: 1016 });
    expect(call.said).toEqual([
      ['emit', 'agent_joined', { user: 'kim' }],
      ['emit', 'remote_assist_started', { type: 'scroll_page' }],
      ['emit', 'remote_assist_stopped'],
      ['emit', 'agent_left', { user: 'kim' }],
      ['reconnecting'],
      ['reconnected'],
      ['error', expect.objectContaining({ code: 1016 })],
    ]);
  });

  test('is told as 9999 where it is an error that is not in the catalogue', async () => {
    const { sdk, call } = await createLivePage();
    sdk.tell('session_error', { code: 42 });
    sdk.tell('session_error', undefined);
    expect(call.said).toEqual([
      ['error', expect.objectContaining({ code: 9999 })],
      ['error', expect.objectContaining({ code: 9999 })],
    ]);
  });

  test('ends the session for every tab when the agent ends it, and is ignored after that', async () => {
    const { service, sdk, driver, call } = await createLivePage();
    service.endSession('PIN');
    sdk.tell('agent_left', {});
    sdk.tell('session_error', { code: 9999 });
    sdk.ended();
    expect(call.said).toEqual([['ended']]);
    expect(sdk.listenerCount).toBe(0);
    expect(driver.connection()).toEqual({ pincode: null });
  });

  test('is told without its payload where that can’t leave the tab', async () => {
    const { sdk, call } = await createLivePage();
    const emit = vi.spyOn(call.context, 'emit').mockImplementation((type, payload) => {
      if (typeof payload === 'function') throw new DOMException('no clone', 'DataCloneError');
      call.context.error(type);
    });
    sdk.tell('agent_joined', () => {});
    expect(emit).toHaveBeenLastCalledWith('agent_joined', undefined);
    expect(call.said).toEqual([['error', 'agent_joined']]);
  });

  test('keeps the PIN in this tab unless the app wants it shown', async () => {
    const { call } = await createLivePage();
    expect(JSON.stringify(call.said)).not.toContain('PIN');
    const shown = await createLivePage({ publishPin: true });
    expect(shown.call.said).toEqual([
      ['publish', { pincode: 'PIN' }],
      ['emit', 'pincode_updated', { pincode: 'PIN' }],
    ]);
  });

  test('shows a PIN even where the SDK never tells it', async () => {
    const { sdk, driver, call } = createPage({ publishPin: true });
    vi.spyOn(sdk, 'start').mockImplementation(() => sdk.tell('session_started', {}));
    await expect(driver.start({}, contextOf(call, { pin: 'MINE' }))).resolves.toEqual({ pincode: 'MINE' });
    expect(call.said).toEqual([['publish', { pincode: 'MINE' }]]);
  });

  test('is not mixed up between two attempts: each has its own PIN', async () => {
    const { sdk, driver, call } = createPage();
    vi.spyOn(sdk, 'start').mockImplementationOnce(() => {
      sdk.tell('pincode_updated', { pincode: 'TAKEN' });
      sdk.tell('session_error', { code: 1010 });
    });
    await expect(driver.start({}, contextOf(call, { pin: 'TAKEN' }))).rejects.toMatchObject({ code: 1010 });
    vi.spyOn(sdk, 'start').mockImplementationOnce(() => sdk.tell('session_started', {}));
    await expect(driver.start({}, contextOf(call, { pin: 'FREE' }))).resolves.toEqual({ pincode: 'FREE' });
  });
});

describe('ending', () => {
  test('is done when the SDK says so', async () => {
    const { service, sdk, driver } = await createLivePage();
    service.hold();
    let over = false;
    const ended = Promise.resolve(driver.end(null, unused)).then(() => {
      over = true;
    });
    await Promise.resolve();
    expect(over).toBe(false);
    service.release();
    await ended;
    expect(sdk.listenerCount).toBe(0);
    expect(service.sessions.size).toBe(0);
  });

  test('tells nobody: the coordinator does', async () => {
    const { driver, call } = await createLivePage();
    await driver.end(null, unused);
    expect(call.said).toEqual([]);
  });

  test('fails where the SDK tells an error instead, or throws', async () => {
    const { sdk, driver } = await createLivePage();
    const end = vi.spyOn(sdk, 'end').mockImplementation(() => sdk.tell('session_error', { code: 1016 }));
    await expect(driver.end(null, unused)).rejects.toMatchObject({ code: 1016 });
    end.mockImplementation(() => {
      throw new Error('broken');
    });
    await expect(driver.end(null, unused)).rejects.toMatchObject({ code: 9999, cause: { message: 'broken' } });
  });

  test('is done at once in a page whose SDK has no session', async () => {
    const { driver, service } = createPage();
    await driver.end(null, unused);
    expect(service.requests).toEqual([]);
  });
});

describe('going on after a refresh', () => {
  async function createRefreshedPage(options: { publishPin?: boolean; now?: () => number } = {}) {
    const { publishPin = false, now = () => 0 } = options;
    const service = new StandInService(now);
    const before = createPage({ service });
    await before.driver.start({ sdkToken: before.sdkToken, customPinCode: 'PIN' }, before.context);
    before.sdk.unload();
    const sdk = new StandInSession(service, before.sdk.memory);
    const driver = createZoomDriver(sdk, publishPin);
    const call = createFakeCall();
    return { service, sdk, driver, call, context: contextOf(call) };
  }

  test('joins without a request, as the SDK wants it', async () => {
    const { sdk, driver, context } = await createRefreshedPage();
    const join = vi.spyOn(sdk, 'join');
    await driver.resume(previous, context);
    expect(join.mock.calls).toEqual([[]]);
    expect(sdk.getSessionInfo().sessionStatus).toBe('session_live');
  });

  test('sends a fresh token where the app has one', async () => {
    const { sdk, driver, call } = await createRefreshedPage();
    const join = vi.spyOn(sdk, 'join');
    await driver.resume(previous, contextOf(call, { token: 'fresh' }));
    expect(join).toHaveBeenCalledWith({ sdkToken: 'fresh' });
  });

  test('knows the PIN again where it was published', async () => {
    const { driver, context } = await createRefreshedPage({ publishPin: true });
    await expect(driver.resume({ ...previous, info: { pincode: 'PIN' } }, context)).resolves.toEqual({
      pincode: 'PIN',
    });
  });

  test('is 1011, and not worth a second try, where the SDK does not offer it', () => {
    const { driver, context } = createPage();
    expect(() => driver.resume(previous, context)).toThrow(expect.objectContaining({ code: 1011, retryable: false }));
  });

  test('is not offered after two minutes', async () => {
    let now = 0;
    const { driver, context } = await createRefreshedPage({ now: () => now });
    now = 120_001;
    expect(() => driver.resume(previous, context)).toThrow(expect.objectContaining({ code: 1011 }));
  });

  test('is not offered after two attempts that failed', async () => {
    const { service, driver, context } = await createRefreshedPage();
    service.failNext(1016, 1016);
    await expect(driver.resume(previous, context)).rejects.toMatchObject({ code: 1016 });
    await expect(driver.resume(previous, context)).rejects.toMatchObject({ code: 1016 });
    expect(() => driver.resume(previous, context)).toThrow(expect.objectContaining({ code: 1011 }));
  });

  test('that is given up leaves the SDK’s session alone: another tab may have it', async () => {
    const { service, driver, call, context } = await createRefreshedPage();
    service.hold();
    const resumed = driver.resume(previous, context);
    call.abort();
    await expect(resumed).rejects.toMatchObject({ code: 1011 });
    service.release();
    expect(service.requests).toEqual(['start', 'rejoin']);
  });

  test('that was given up and is under way is taken up by the next try', async () => {
    const { service, driver, call, context } = await createRefreshedPage();
    service.hold();
    const first = driver.resume(previous, context);
    call.abort();
    await expect(first).rejects.toMatchObject({ code: 1011 });
    const next = createFakeCall();
    const second = driver.resume(previous, contextOf(next));
    service.release();
    await expect(second).resolves.toEqual({ pincode: null });
    service.agentJoins('PIN', 'kim');
    expect(service.requests).toEqual(['start', 'rejoin']);
    expect([call.said, next.said]).toEqual([[], [['emit', 'agent_joined', { user: 'kim' }]]]);
  });

  test('that was given up and then failed at the SDK can be tried again', async () => {
    const { service, driver, call, context } = await createRefreshedPage();
    service.hold();
    const first = driver.resume(previous, context);
    call.abort();
    await expect(first).rejects.toMatchObject({ code: 1011 });
    service.failNext(1016);
    service.release();
    await driver.resume(previous, contextOf(createFakeCall()));
    expect(service.requests).toEqual(['start', 'rejoin', 'rejoin']);
  });

  test('ends a session that is only remembered, where the person wants it ended', async () => {
    const { service, driver, sdk } = await createRefreshedPage();
    await driver.end(null, unused);
    expect(service.sessions.size).toBe(0);
    expect(sdk.listenerCount).toBe(0);
  });
});

describe('a session that this tab holds no longer', () => {
  test('is not told about, and can be taken up again in the same page', async () => {
    const { service, driver, call } = await createLivePage();
    call.abort();
    service.agentJoins('PIN', 'kim');
    expect(call.said).toEqual([]);

    const again = createFakeCall();
    expect(await driver.resume(previous, contextOf(again))).toEqual({ pincode: 'PIN' });
    service.agentJoins('PIN', 'lee');
    expect(again.said).toEqual([['emit', 'agent_joined', { user: 'lee' }]]);
    expect(service.requests).toEqual(['start']);
  });

  test('ends once it is over for all tabs', async () => {
    const { service, sdk, driver, call } = await createLivePage();
    call.abort();
    driver.abandon();
    await Promise.resolve();
    expect(service.sessions.size).toBe(0);
    expect(sdk.listenerCount).toBe(0);
  });

  test('is left alone by the news of an older one’s end while this tab is host again', async () => {
    const { service, driver } = await createLivePage();
    driver.abandon();
    await Promise.resolve();
    expect(service.sessions.size).toBe(1);
  });
});

test('a hundred sessions leave no listener behind, whichever way they end', async () => {
  const { sdk, service, driver, sdkToken } = createPage();
  for (let round = 0; round < 100; round += 1) {
    const call = createFakeCall();
    const context = contextOf(call);
    if (round % 4 === 0) {
      service.failNext(1016);
      await expect(driver.start({ sdkToken }, context)).rejects.toMatchObject({ code: 1016 });
    } else if (round % 4 === 1) {
      const started = driver.start({ sdkToken }, context);
      call.abort();
      await expect(started).rejects.toMatchObject({ code: 1001 });
    } else {
      const { pincode } = await driver.start({ sdkToken }, context);
      if (round % 4 === 2) await driver.end(null, unused);
      else service.endSession(pincode ?? '');
    }
    expect(sdk.listenerCount).toBe(0);
  }
});
