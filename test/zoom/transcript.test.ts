/**
 * The one-line change at work: a customer's site that uses the SDK, open in three tabs. What its pages write to the console
 * is the snapshot below.
 */
import { expect, test } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { createSimulatedBrowser, type SimulatedTab } from '../../src/testing';
import { type CoordinatedZoomSession, coordinateZoomSession } from '../../src/zoom';
import type { ZoomSession } from '../../src/zoom/sdk';
import { StandInService, StandInSession } from './stand-in-sdk';

/** The site's own code, as it was written for the SDK. It knows nothing of tabs. */
function site(session: Pick<ZoomSession, 'on' | 'getSessionInfo' | 'join'>, log: (line: string) => void): void {
  session.on('pincode_updated', (event) => log(`the PIN is ${(event as { pincode: string }).pincode}`));
  session.on('session_started', () => log('sharing'));
  session.on('session_joined', () => log('sharing again'));
  session.on('session_reconnecting', () => log('reconnecting …'));
  session.on('session_ended', () => log('not sharing any more'));
  session.on('session_error', (event) => log(`error ${(event as { code: number }).code}`));
  session.on('agent_joined', () => log('an agent is here'));
  session.on('agent_left', () => log('the agent has left'));
  if (session.getSessionInfo().sessionStatus === 'session_recoverable') session.join();
}

test('a site in three tabs, with one line changed', async () => {
  const browser = createSimulatedBrowser();
  const service = new StandInService(() => browser.now);
  const transcript: string[] = [];
  const say = (who: string, what: string): void => void transcript.push(`${who}  ${what}`);

  function load(tab: SimulatedTab, sdk: StandInSession): CoordinatedZoomSession {
    const session = coordinateZoomSession(sdk, {
      publishPin: true,
      createCoordinator: (options) => createCoordinatorOn(tab.platform, options), // in a real browser this line is not there
    });
    site(session, (line) => say(tab.name, line));
    return session;
  }

  async function click(tab: SimulatedTab, button: string, action: () => unknown): Promise<void> {
    say(tab.name, `> ${button}`);
    action();
    await browser.settle();
  }

  const tabs = [0, 1, 2].map(() => browser.openTab({ bare: true }));
  const [a, b, c] = tabs as [SimulatedTab, SimulatedTab, SimulatedTab];
  const sdkInA = new StandInSession(service);
  let inA = load(a, sdkInA);
  const inB = load(b, new StandInSession(service));
  const inC = load(c, new StandInSession(service));
  const sdkToken = service.issueToken('ada');

  await click(a, 'help me', () => inA.start({ sdkToken, customPinCode: 'shop42' }));
  await click(b, 'help me', () => inB.start({ sdkToken, customPinCode: 'other1' }));
  service.agentJoins('SHOP42', 'kim');
  await browser.settle();

  say('A', '> reload');
  const { memory } = sdkInA;
  sdkInA.unload();
  await a.reload();
  inA = load(a, new StandInSession(service, memory));
  await browser.settle();

  await click(c, 'enough', () => inC.end());
  await click(b, 'help me', () => inB.start({ sdkToken, customPinCode: 'other1' }));
  say(' ', `the service was asked: ${service.requests.join(', ')}`);

  expect(`\n${transcript.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    A  > help me
    A  the PIN is SHOP42
    A  sharing
    C  the PIN is SHOP42
    B  the PIN is SHOP42
    C  sharing
    B  sharing
    B  > help me
    B  error 1004
    A  an agent is here
    B  an agent is here
    C  an agent is here
    A  > reload
    A  sharing again
    C  sharing again
    B  sharing again
    C  > enough
    A  not sharing any more
    C  not sharing any more
    B  not sharing any more
    B  > help me
    B  the PIN is OTHER1
    B  sharing
    C  the PIN is OTHER1
    A  the PIN is OTHER1
    C  sharing
    A  sharing
       the service was asked: start, rejoin, end, start
    "
  `);
  expect(browser.violations).toEqual([]);
});
