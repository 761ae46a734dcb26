/** One round: the plan's actions, peace, and a look at what is left. */
import type { Act } from '../support/backend';
import type { PlainError } from '../support/page-api';
import type { Tab, TestBrowser } from '../support/tab';
import type { ActionType } from './actions';
import {
  heardAlike,
  isHalfForgotten,
  leaked,
  stillWanted,
  unrest,
  untrueCommands,
  violationsAtRest,
  violationsOf,
} from './checks';
import { type Observation, takeProblems } from './page';
import type { Plan } from './plan';
import type { ChaosPage } from './slot';
import { Stage } from './stage';
import { Timeline } from './timeline';

/** What one browser has for all its rounds. */
export interface Theatre {
  readonly browser: TestBrowser<ChaosPage>;
  readonly bystander: Tab<ChaosPage>;
  readonly pool: Tab<ChaosPage>[];
}

export interface RoundResult {
  readonly violations: readonly string[];
  /** From peace to agreement. */
  readonly settlingMs: number;
  readonly timeline: string;
  /** What came of it, by kind: how calls ended, what the backend heard. */
  readonly tally: ReadonlyMap<string, number>;
}

/**
 * Within which tabs that nothing happens to any more settle and agree. It holds an attempt that has to time out (5 s), a
 * challenge of a tab that was stopped (3 s), and a busy machine. Where locks are of no use everything takes twice as long.
 */
const PEACE_MS = 15_000;

export async function runRound(theatre: Theatre, plan: Plan, scope: string): Promise<RoundResult> {
  const timeline = new Timeline();
  try {
    return await play(theatre, plan, scope, timeline);
  } catch (error) {
    const soFar = timeline.describe(theatre.browser.backend.acts(scope), []);
    throw new Error(`${String(error)}\nIt came as far as this:\n${soFar}`);
  }
}

async function play(
  { browser, bystander, pool }: Theatre,
  plan: Plan,
  scope: string,
  timeline: Timeline,
): Promise<RoundResult> {
  const stage = new Stage({ browser, plan, scope, timeline, bystander, pool });
  const { backend } = browser;
  const did = (...types: readonly ActionType[]): boolean =>
    plan.steps.some(({ action }) => types.includes(action.type));
  const excuses = { isCleared: did('clear', 'damage'), isForged: did('damage'), haveSlept: did('stop', 'freeze') };
  const { driver = {} } = plan.config;
  const peaceMs = plan.locks ? 2 * PEACE_MS : PEACE_MS;
  const violations: string[] = [];
  let seen: readonly Observation[] = [];

  /** Waits until the tabs agree twice in a row, and looks at what they agree on. */
  const rest = async (isWanted: (observations: readonly Observation[]) => string | null): Promise<boolean> => {
    const deadline = performance.now() + peaceMs;
    let why: string | null = 'nobody has looked';
    let quiet = 0;
    while (quiet < 2) {
      seen = await stage.observe();
      why = unrest(seen, excuses) ?? leaked(seen, driver) ?? isWanted(seen);
      quiet = why === null ? quiet + 1 : 0;
      if (why !== null && performance.now() > deadline) {
        const isExcused = isHalfForgotten(seen, excuses) && leaked(seen, driver) === null;
        if (isExcused) violations.push(...violationsAtRest(seen, backend.acts(scope)));
        else violations.push(`after ${peaceMs / 1000} s of peace ${why}`);
        return false;
      }
    }
    violations.push(...violationsAtRest(seen, backend.acts(scope)));
    return violations.length === 0;
  };
  const finish = async (index: 0 | 1 | 2, method: 'start' | 'end'): Promise<boolean> => {
    const step = `last ${index + 1}`;
    await stage.call(plan.last[index], method, step);
    const isOver = (observations: readonly Observation[]): string | null => {
      const phase = method === 'end' ? 'idle' : 'active';
      if (observations.some(({ snapshot }) => snapshot.phase !== phase)) return `${method}() did not lead to ${phase}`;
      const wish = method === 'end' && !excuses.isCleared ? stillWanted(observations) : null;
      if (wish) return wish;
      // An end of nothing is not heard of.
      return index === 0 ? null : heardAlike(observations);
    };
    // Where the call failed, that says more than the phase to which it did not lead.
    const isAtRest = await rest((observations) => (failed(observations, step) ? null : isOver(observations)));
    const error = failed(seen, step);
    const isBeaten = excuses.isCleared && [1002, 1004].includes(Number(error?.code)) && wasWanted(seen);
    if (error && !isBeaten) violations.push(`${step}: ${method}() failed with ${JSON.stringify(error)}`);
    return isAtRest && !error;
  };

  await stage.open();
  for (const [index, step] of plan.steps.entries()) await stage.perform(step, `step ${index + 1}`);
  await stage.makePeace();
  const peaceAt = performance.now();
  const agreed = await rest(() => null);
  const settlingMs = performance.now() - peaceAt;
  timeline.note('the tabs agree');
  if (agreed && (await finish(0, 'end')) && (await finish(1, 'start'))) await finish(2, 'end');
  violations.push(...seen.flatMap((observation) => violationsOf(observation, excuses)));
  violations.push(...untrueCommands(seen, backend.acts(scope)), ...backend.violations(scope));
  violations.push(...[...stage.problems, ...(await takeProblems(bystander))].map((problem) => `uncaught: ${problem}`));
  await stage.clear();
  violations.push(...stage.troubles.map((trouble) => `the rig had trouble: ${trouble}`));
  const acts = backend.acts(scope);
  return { violations, settlingMs, timeline: timeline.describe(acts, seen), tally: tallyOf(seen, acts) };
}

function tallyOf(observations: readonly Observation[], acts: readonly Act[]): ReadonlyMap<string, number> {
  const tally = new Map<string, number>();
  const count = (kind: string): void => void tally.set(kind, (tally.get(kind) ?? 0) + 1);
  for (const { calls, events } of observations) {
    for (const { outcome, command } of calls) {
      const end = outcome?.ok ? 'done' : callEnd(outcome?.error);
      count(`${command ? 'commands' : 'calls'} ${end}`);
    }
    for (const { type, event } of events) if (type === 'session_ended' && event.seq == null) count('terms fenced');
  }
  for (const { type, outcome } of acts) {
    if (outcome === 'stale') count('requests too late');
    else if (type !== 'act' && outcome === 'ok') count(type);
  }
  return tally;
}

function callEnd(error: PlainError | undefined): string {
  if (!error) return 'waiting';
  if (error.name === 'CommandError') return String(error.outcome);
  return error.name === 'SessionError' ? String(error.code) : 'aborted';
}

/** Where the record was lost, nothing tells a tab that what it wants was ended: it may start what was wanted before, and be first. */
function wasWanted(observations: readonly Observation[]): boolean {
  return observations.some(({ calls }) => calls.some(({ method }) => method === 'ensure'));
}

function failed(observations: readonly Observation[], step: string): PlainError | null {
  const call = observations.flatMap(({ calls }) => calls).find((each) => each.step === step);
  return call?.outcome?.error ?? null;
}
