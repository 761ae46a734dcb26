/**
 * What happens to leaders, one scenario each, for solotab's election and for its peers alike. The tests ask of solotab that it keeps
 * what each promises; `npm run bench:election` shows what the peers do.
 */
import type { ChromiumBrowser } from '../support/chromium';
import { NO_LOCKS, STEPPED_CLOCK } from '../support/init-scripts';
import type { Contender } from './candidate';
import { CALM_MS, type CandidateTab, type Finding, Stage, wall } from './stage';

export interface Scenario {
  readonly title: string;
  /** Another tab must lead in the end. False: it may, or must not yet. */
  readonly hasNext: boolean;
  /** Once is enough. */
  readonly isLarge?: boolean;
  /** Of the browser; default: none. */
  readonly flags?: readonly string[];
  /** Null: this contender has nothing of the kind. */
  run(browser: ChromiumBrowser, contender: Contender): Promise<Finding | null>;
}

/** A leader that nobody replaces is waited for so long. */
export const LIMIT_MS = 20_000;

const STOPPED_MS = 7_000;
const HOUR_MS = 3_600_000;
const CROWD = 100;
const HAND_OVERS = 10;

/** Nobody ever led. */
const NOBODY: Finding = { waitMs: null, most: 0, doubleMs: 0, atEnd: 0, isFenced: false, problem: null };

export const SCENARIOS: readonly Scenario[] = [
  { title: '12 tabs stand at the same moment', hasNext: true, run: together(12) },
  { title: 'The process of the leader’s page is killed', hasNext: true, run: killed() },
  { title: 'The leader’s tab is reloaded', hasNext: true, run: reloaded },
  {
    title: 'The leader’s page is left for the back/forward cache, comes back, and is the last one',
    hasNext: true,
    run: cached(),
  },
  { title: 'The leader’s process is stopped for 7 s, and wakes', hasNext: false, run: stopped() },
  {
    title: 'The same, and a third tab stands by force meanwhile',
    hasNext: true,
    run: async (browser, contender) => (contender === 'solotab/election' ? forced(browser, contender) : null),
  },
  { title: 'The clocks of two tabs are set an hour apart; then the leader is killed', hasNext: true, run: clocks() },
  { title: 'Without Web Locks: 12 tabs stand at the same moment', hasNext: true, run: together(12, NO_LOCKS) },
  { title: 'Without Web Locks: the leader’s process is killed', hasNext: true, run: killed(NO_LOCKS) },
  {
    title: 'Without Web Locks: its page is cached, comes back, and is the last one',
    hasNext: true,
    run: cached(NO_LOCKS),
  },
  { title: 'Without Web Locks: its process is stopped for 7 s, and wakes', hasNext: false, run: stopped(NO_LOCKS) },
  { title: 'Without Web Locks: the clocks are an hour apart; it is killed', hasNext: true, run: clocks(NO_LOCKS) },
  {
    title: `${CROWD} tabs stand, and ${HAND_OVERS} leaders after each other give up`,
    hasNext: true,
    isLarge: true,
    // A process for each of so many tabs would measure the machine.
    flags: ['--renderer-process-limit=4'],
    run: crowd,
  },
];

/** Whether a finding is what the scenario asks for; if not, why. */
export function fault({ hasNext }: Scenario, finding: Finding): string | null {
  const { waitMs, most, doubleMs, atEnd, isFenced } = finding;
  if (finding === NOBODY) return 'nobody ever leads';
  if (doubleMs > (isFenced ? FENCED_MS : CLOCK_MS)) {
    return `${most} lead at once, ${atEnd > 1 ? 'for as long as they were watched' : `for ${Math.round(doubleMs)} ms`}`;
  }
  if (hasNext && waitMs === null) return `nobody leads for ${LIMIT_MS / 1_000} s`;
  if (finding.isLeftOut) return `the page that came back never leads again (watched for ${LIMIT_MS / 1_000} s)`;
  return atEnd === 1 ? null : `${atEnd} lead in the end`;
}

/** The clocks of two pages agree to less than this. */
const CLOCK_MS = 2;

/** A leader that wakes and was replaced has to be told. Until then a backend can refuse what it sends, by its number. */
const FENCED_MS = 1_000;

function together(count: number, initScript?: string): Scenario['run'] {
  return async (browser, contender) => {
    const stage = await Stage.open(browser, contender, count, initScript);
    const at = await shoot(stage);
    await stage.until((leaders) => leaders.length > 0, LIMIT_MS);
    return conclude(stage, at);
  };
}

function killed(initScript?: string): Scenario['run'] {
  return async (browser, contender) => {
    const led = await Stage.openLed(browser, contender, { count: 3, initScript });
    return led ? kill(led.stage, led.leader) : NOBODY;
  };
}

async function reloaded(browser: ChromiumBrowser, contender: Contender): Promise<Finding> {
  const led = await Stage.openLed(browser, contender);
  if (!led) return NOBODY;
  const { stage, leader } = led;
  const at = await leader.evaluate(() => window.candidate.wall());
  await leader.reload();
  await leader.evaluate(() => window.candidate.stand());
  await stage.until((leaders) => leaders.length > 0, LIMIT_MS);
  return conclude(stage, at);
}

function cached(initScript?: string): Scenario['run'] {
  return async (browser, contender) => {
    const led = await Stage.openLed(browser, contender, { initScript });
    if (!led) return NOBODY;
    const { stage, leader } = led;
    const at = await leader.evaluate(() => window.candidate.wall());
    stage.drop(leader);
    await leader.leave();
    await stage.until((leaders) => leaders.length > 0, LIMIT_MS);
    await leader.page.back();
    const restored = await leader.evaluate(() => window.candidate.state().spells.length > 0);
    // A page that was loaded anew has an app that begins anew.
    if (!restored) await leader.evaluate(() => window.candidate.stand());
    stage.tabs.push(leader);
    await stage.watch(CALM_MS);
    const finding = await stage.finding(at);
    // The page that came back is the only one that is left.
    for (const tab of stage.tabs.filter((one) => one !== leader)) {
      stage.drop(tab);
      await tab.close();
    }
    const leadsAgain = finding.waitMs === null || (await stage.until((leaders) => leaders.length > 0, LIMIT_MS));
    await stage.close();
    return { ...finding, isLeftOut: !leadsAgain };
  };
}

function stopped(initScript?: string): Scenario['run'] {
  return async (browser, contender) => {
    const led = await Stage.openLed(browser, contender, { initScript });
    if (!led) return NOBODY;
    const { stage, leader } = led;
    const at = await stage.stop(leader);
    await stage.watch(STOPPED_MS);
    stage.wake(leader);
    return conclude(stage, at);
  };
}

async function forced(browser: ChromiumBrowser, contender: Contender): Promise<Finding> {
  const led = await Stage.openLed(browser, contender);
  if (!led) return NOBODY;
  const { stage, leader } = led;
  const third = await stage.add();
  const at = await stage.stop(leader);
  await third.evaluate(() => window.candidate.stand({ force: true }));
  await stage.watch(STOPPED_MS);
  stage.wake(leader);
  return conclude(stage, at);
}

function clocks(initScript = ''): Scenario['run'] {
  return async (browser, contender) => {
    const led = await Stage.openLed(browser, contender, { initScript: `${STEPPED_CLOCK}\n${initScript}` });
    if (!led) return NOBODY;
    const { stage, leader } = led;
    for (const [index, tab] of stage.tabs.entries()) {
      await tab.evaluate((ms) => window.stepClock?.(ms), index === 0 ? HOUR_MS / 2 : -HOUR_MS / 2);
    }
    // Longer than any of them waits before it looks again.
    await stage.watch(2 * CALM_MS);
    const before = await stage.finding(wall());
    const after = await kill(stage, leader);
    return {
      ...after,
      most: Math.max(before.most, after.most),
      doubleMs: before.doubleMs + after.doubleMs,
    };
  };
}

async function crowd(browser: ChromiumBrowser, contender: Contender): Promise<Finding> {
  const stage = await Stage.open(browser, contender, CROWD);
  let at = await shoot(stage);
  let longestMs = 0;
  for (let turn = 0; turn <= HAND_OVERS; turn += 1) {
    let leader: CandidateTab | undefined;
    await stage.until(([first]) => {
      leader = first;
      return first !== undefined;
    }, LIMIT_MS);
    const { waitMs } = await stage.finding(at);
    if (!leader || waitMs === null) return conclude(stage, at);
    longestMs = Math.max(longestMs, waitMs);
    if (turn === HAND_OVERS) break;
    at = await leader.evaluate(async () => {
      const now = window.candidate.wall();
      await window.candidate.giveUp();
      return now;
    });
  }
  return { ...(await conclude(stage, at)), waitMs: longestMs };
}

async function shoot({ tabs: [first] }: Stage): Promise<number> {
  if (!first) throw new Error('There is no tab.');
  return first.evaluate(() => window.candidate.allStand());
}

async function kill(stage: Stage, leader: CandidateTab): Promise<Finding> {
  const pid = await leader.page.rendererPid();
  const at = wall();
  process.kill(pid, 'SIGKILL');
  stage.drop(leader);
  await stage.until((leaders) => leaders.length > 0, LIMIT_MS);
  const finding = await conclude(stage, at);
  await leader.close().catch(() => undefined);
  return finding;
}

async function conclude(stage: Stage, at: number): Promise<Finding> {
  await stage.watch(CALM_MS);
  const finding = await stage.finding(at);
  await stage.close();
  return finding;
}
