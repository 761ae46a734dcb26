/** A driver that rejects with what others have thrown: sockets, other SDKs, another copy of the library. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { launchFirefox } from '../support/firefox';
import type { EnginePage, Tab, TestBrowser } from '../support/tab';
import { closeAll } from './steps';

/** Its methods reject with what the page has in `thrown`; its `resume` as well. */
const THROWS = `window.driverHooks = Object.fromEntries(
  ['start', 'join', 'resume'].map((type) => [type, async (context, ask) => { if (!('thrown' in window)) return ask(); throw window.thrown; }]),
);`;

interface Told {
  readonly code: number;
  readonly exception: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly isSessionError: boolean;
  /** Whether it is, or has as its cause, the very thing that was thrown. */
  readonly isKept: boolean;
}

/** Makes a call whose driver throws the value of an expression. Resolves with what the caller is told. */
async function told(tab: Tab, method: 'start' | 'join', expression: string): Promise<Told> {
  return tab.run(`(async () => {
    window.thrown = await (${expression});
    const error = await window.fixture.coordinator.${method}().then(() => null, (reason) => reason);
    const { code, exception, message, retryable, cause } = error;
    const isKept = cause === window.thrown || error === window.thrown;
    delete window.thrown;
    return { code, exception, message, retryable, isKept, isSessionError: error instanceof window.solotab.SessionError };
  })()`);
}

/** The other tab hears the same, without the cause. */
async function relayed(other: Tab, count: number): Promise<Partial<Told>> {
  const { events } = await other.waitFor(
    (state, wanted) => state.events.filter(({ type }) => type === 'session_error').length === wanted,
    count,
  );
  const { code, exception, message, retryable } =
    events.filter(({ type }) => type === 'session_error').at(-1)?.event ?? {};
  return { code, exception, message, retryable };
}

const NETWORK = {
  'a socket that was closed as it connected':
    "new Promise((resolve) => { new WebSocket('ws://127.0.0.1:1/').onclose = resolve; })",
  'a close with the code of a going away': "new CloseEvent('close', { code: 1001, reason: 'going away' })",
  'a close with the code of a lost connection': "new CloseEvent('close', { code: 1006 })",
  'a close with the code of a server in trouble':
    "new CloseEvent('close', { code: 1011, reason: 'oops', wasClean: true })",
  'a close with a code of the app': "new CloseEvent('close', { code: 4001, reason: 'token' })",
  'what a socket package makes of a close': "{ code: 1006, reason: '' }",
  'the same as an error': "Object.assign(new Error('closed'), { code: 1012, reason: 'restarting' })",
  'a fetch that failed': "fetch('http://127.0.0.1:1/').catch((error) => error)",
};

const FOREIGN = {
  'an SDK whose token has expired': "Object.assign(new Error('token expired'), { code: 1004 })",
  'an SDK with a code and no more': '{ code: 1006 }',
  'a code and an exception that do not belong together': "{ code: 1004, exception: 'TOKEN_EXPIRED' }",
  'a code as text': "{ code: '1004', exception: 'SESSION_COUNT_LIMIT' }",
  'a database': "new DOMException('in the way', 'ConstraintError')",
  'a text': "'1004'",
  'a number': '1017',
  nothing: 'undefined',
  null: 'null',
  'an error whose code is of the own list': "Object.assign(new TypeError('oops'), { code: 2001 })",
};

const OWN = {
  'an error of this library': ['new window.solotab.SessionError(1012)', 1012],
  'a pair of the catalogue': ["{ code: 1013, exception: 'SESSION_AGENT_COUNT_LIMIT' }", 1013],
  'a pair of the catalogue in an error': [
    "Object.assign(new Error('used'), { code: 1010, exception: 'SESSION_START_PIN_CONFLICT' })",
    1010,
  ],
} as const;

async function expectTold(
  browser: TestBrowser<EnginePage>,
  what: string,
  expression: string,
  codes: readonly [start: number, join: number],
): Promise<void> {
  const [caller, other] = await browser.openTabs(2, { scope: `foreign: ${what}`, initScript: THROWS });
  if (!caller || !other) throw new Error('two tabs');
  for (const [at, method] of (['start', 'join'] as const).entries()) {
    const error = await told(caller, method, expression);
    expect(error).toMatchObject({ code: codes[at], isSessionError: true });
    // An error of our own needs no cause: it says everything itself.
    if (!expression.includes('SessionError(')) expect(error.isKept).toBe(true);
    const { code, exception, message, retryable } = error;
    expect(await relayed(other, at + 1)).toEqual({ code, exception, message, retryable });
    await other.waitForPhase('idle');
  }
  await closeAll(caller, other);
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(Object.entries(NETWORK))('%s: the network failed', (what, expression) =>
    expectTold(browser, what, expression, [1016, 1016]),
  );
  test.each(Object.entries(FOREIGN))('%s: the start or the join failed', (what, expression) =>
    expectTold(browser, what, expression, [1001, 1011]),
  );
  test.each(Object.entries(OWN))('%s: keeps its code', (what, [expression, code]) =>
    expectTold(browser, what, expression, [code, code]),
  );

  test('what is reported of a live session with a foreign code is no error of the catalogue either', async () => {
    const [host, other] = await browser.openTabs(2, { scope: 'reported' });
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await host.tell('error', { code: 1004, message: 'token expired' });
    expect(await relayed(other, 1)).toMatchObject({ code: 9999 });
    await host.tell('error', { code: 1006, reason: 'lost' });
    expect(await relayed(other, 2)).toMatchObject({ code: 1016 });
    expect((await other.snapshot()).phase).toBe('active');
    await closeAll(host, other);
  });
});

describe.each([
  ['another copy of the library', "import('/bundle/library.js')"],
  [
    'a copy in a frame',
    `new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.src = location.href;
      frame.onload = () => resolve(frame.contentWindow.solotab);
      document.body.append(frame);
    })`,
  ],
] as const)('an error of %s', (where, library) => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  const THEIR_OWN = { message: 'Der Agent hat aufgelegt.', retryable: false, suggestedAction: 'Rufen Sie an.' };
  const error = `(${library}).then(({ SessionError }) => new SessionError(1011, ${JSON.stringify(THEIR_OWN)}))`;

  test('keeps its code, its words, and that it need not be tried again', async () => {
    const [caller, other] = await browser.openTabs(2, { scope: `copy: ${where}`, initScript: THROWS });
    if (!caller || !other) throw new Error('two tabs');
    const { message, retryable } = THEIR_OWN;
    const expected = { code: 1011, exception: 'SESSION_JOIN_FAILED', message, retryable };
    expect(await told(caller, 'start', error)).toMatchObject({ ...expected, isKept: true });
    expect(await relayed(other, 1)).toEqual(expected);
    expect((await other.events('session_error'))[0]?.event.suggestedAction).toBe(THEIR_OWN.suggestedAction);
    await closeAll(caller, other);
  });

  test('is not tried again by withAttempts, nor by the recovery', async () => {
    const caller = await browser.openTab({ scope: `copy, attempts: ${where}`, initScript: THROWS });
    const tries = await caller.run(`(async () => {
      const thrown = await (${error});
      let calls = 0;
      const driver = window.solotab.withAttempts(
        { start: async () => { calls += 1; throw thrown; }, join: async () => 1, end: () => undefined },
        { retry: { attempts: 3 }, delay: () => Promise.resolve() },
      );
      const coordinator = window.solotab.createCoordinator({ name: 'attempts', driver });
      await coordinator.start().catch(() => undefined);
      await coordinator.close();
      return calls;
    })()`);
    expect(tries).toBe(1);
    await caller.close();
  });
});

test('in Firefox, a socket that was closed and a fetch that failed are a network that failed', async () => {
  const browser = await launchFirefox();
  try {
    for (const what of ['a socket that was closed as it connected', 'a fetch that failed'] as const) {
      await expectTold(browser, what, NETWORK[what], [1016, 1016]);
    }
  } finally {
    await browser.close();
  }
});
