/** What must hold after a round. Pure: takes what the tabs and the backend tell, and says what is wrong. */
import type { Act } from '../support/backend';
import type { DriverConfig } from '../support/page-api';
import type { CommandName } from './actions';
import type { Observation } from './page';

const AT_REST = ['idle', 'active', 'recovering'];

/** Errors with which a call may be refused or fail here. 1016 is what a request is denied with. */
const CODES = [1001, 1002, 1004, 1011, 1016, 1017];

/** Where a tab that sleeps in the middle of a transaction blocks the storage, calls come to this. */
const BLOCKED_CODE = 9999;

/** What a round did that tabs can't make up for. */
export interface Excuses {
  /** The site's data was cleared: under a higher epoch events are numbered anew, and what a tab missed nobody can tell. */
  readonly isCleared: boolean;
  /** Somebody else wrote what could have been written by a tab: whoever reads it before the host writes again believes it. */
  readonly isForged: boolean;
  /** Tabs were stopped or frozen. */
  readonly haveSlept: boolean;
}

/** Why the tabs can't be said to have settled and to agree; `null` if they have. */
export function unrest(observations: readonly Observation[], { isCleared, isForged }: Excuses): string | null {
  const views = observations.map(({ snapshot }) => {
    const { phase, epoch, hostTabId, kind, info } = snapshot;
    // A tab that loads where nothing is stored and nobody has a session knows of none before it.
    const isUnknown = isCleared && phase === 'idle';
    return JSON.stringify({ phase, ...(!isUnknown && { epoch }), hostTabId, kind, ...(!isForged && { info }) });
  });
  const [first] = views;
  if (views.some((view) => view !== first)) return `the tabs disagree: ${views.join(' | ')}`;
  for (const { tabId, snapshot, calls, driverCalls } of observations) {
    const { phase, role, hostTabId } = snapshot;
    const short = tabId.slice(0, 8);
    if (!AT_REST.includes(phase)) return `${short} is stuck in ${phase}`;
    const expected = phase === 'idle' ? 'none' : hostTabId === tabId ? 'host' : 'follower';
    if (role !== expected) return `${short} takes itself for ${role}, and is ${expected}`;
    // Where an attempt failed, what is wanted waits for its pause, which may be a minute; and for whoever may resume a session that was lost.
    const waits = (method: string): boolean => method === 'ensure' && phase !== 'active';
    const pending = calls.find(({ outcome, method }) => outcome === null && !waits(method));
    if (pending) return `${short}: ${pending.method}() of ${pending.step} has not settled`;
    // A session that is asked for elsewhere is active until its driver has let go of it, and that is written down.
    const isReleasing = driverCalls.some(({ type, epoch }) => type === 'release' && epoch === snapshot.epoch);
    if (role === 'host' && isReleasing) return `${short} is letting go of the session`;
  }
  const host = observations.find(({ snapshot: { role } }) => role === 'host');
  if (first && observations[0]?.snapshot.phase === 'active' && !host) return 'the session is active in no living tab';
  return null;
}

/**
 * The site's data was cleared while no tab had the session: tabs from before remember it until its window is over, longer than a round
 * waits, and those that were loaded later know of none.
 */
export function isHalfForgotten(observations: readonly Observation[], excuses: Excuses): boolean {
  const unaware = observations.filter(({ snapshot: { phase, epoch } }) => phase === 'idle' && epoch === 0);
  const aware = observations.filter((each) => !unaware.includes(each));
  const isLost = aware.every(({ snapshot: { phase, hostTabId } }) => phase === 'recovering' && hostTabId === null);
  return (
    excuses.isCleared &&
    unaware.length > 0 &&
    aware.length > 0 &&
    isLost &&
    [unaware, aware].every((part) => !unrest(part, excuses))
  );
}

/** Once a person ended, no tab wants a session any more. Where nothing is stored, nobody can know of all. */
export function stillWanted(observations: readonly Observation[]): string | null {
  const wish = observations
    .flatMap(({ tabId, calls }) => calls.map((call) => ({ ...call, tabId })))
    .find(({ method, outcome }) => method === 'ensure' && outcome === null);
  return wish ? `${wish.tabId.slice(0, 8)}: ensure() of ${wish.step} waits on after end()` : null;
}

/** Whether all tabs have heard the same last event. */
export function heardAlike(observations: readonly Observation[]): string | null {
  const last = observations.map(({ events }) => {
    const numbered = events.filter(({ event }) => event.seq != null).at(-1);
    return numbered ? `${numbered.type} ${numbered.event.epoch}:${numbered.event.seq}` : 'nothing';
  });
  return last.some((heard) => heard !== last[0]) ? `the tabs did not hear the same: ${last.join(' | ')}` : null;
}

/** What is wrong at any time at which the tabs agree. */
export function violationsAtRest(observations: readonly Observation[], acts: readonly Act[]): readonly string[] {
  return [...believers(observations, acts), ...observations.flatMap(zombies)];
}

/** What is wrong with what a document has seen so far. */
export function violationsOf(observation: Observation, { isCleared, haveSlept }: Excuses): readonly string[] {
  const { tabId, problems } = observation;
  return [
    ...problems.map((problem) => `${tabId.slice(0, 8)}: uncaught ${problem}`),
    ...outOfOrder(observation, isCleared),
    ...strangeOutcomes(observation, haveSlept ? [...CODES, BLOCKED_CODE] : CODES),
  ];
}

/** One session at most that its tab believes in; and what a tab believes in, the backend knows. */
function believers(observations: readonly Observation[], acts: readonly Act[]): readonly string[] {
  const live = new Set<string>();
  for (const { type, tabId, epoch, outcome } of acts) {
    if (outcome !== 'ok' || type === 'act') continue;
    if (type === 'end' || type === 'release') live.delete(`${tabId} ${epoch}`);
    else live.add(`${tabId} ${epoch}`);
  }
  const believing = observations.filter(({ snapshot: { phase, role } }) => phase === 'active' && role === 'host');
  const found = believing
    .filter(({ tabId, snapshot: { epoch } }) => !live.has(`${tabId} ${epoch}`))
    .map(({ tabId }) => `${tabId.slice(0, 8)} is active with a session that the backend does not know`);
  return believing.length > 1 ? [...found, `${believing.length} tabs believe that they have the session`] : found;
}

/** A driver whose term is over is told so. */
function zombies({ tabId, context, snapshot: { role, epoch } }: Observation): readonly string[] {
  if (!context || context.aborted || (role === 'host' && context.epoch === epoch)) return [];
  return [`${tabId.slice(0, 8)} was never told that its term ${context.epoch} is over; now it is ${epoch}`];
}

/** What a tab connected, and has neither ended nor released although it is not this tab's any more. One that woke is told of that late. */
export function leaked(observations: readonly Observation[], driver: DriverConfig): string | null {
  // A driver without release() is not told when its session moves.
  if (driver.release === false) return null;
  return observations.flatMap(leaks)[0] ?? null;
}

function leaks({ tabId, driverCalls, toldOver, snapshot: { role, epoch } }: Observation): readonly string[] {
  return driverCalls
    .filter(({ type, settled, hungUp }) => settled === 'ok' && !hungUp && type !== 'end' && type !== 'release')
    .filter((call) => !(role === 'host' && call.epoch === epoch) && !toldOver.includes(call.epoch))
    .filter((call) => !driverCalls.some((other) => other.epoch === call.epoch && isCleaning(other.type)))
    .map((call) => `${tabId.slice(0, 8)} never let go of what it connected under epoch ${call.epoch}`);
}

function isCleaning(type: string): boolean {
  return type === 'end' || type === 'release';
}

/** Numbered events come in order, each once, and what is left out is owned up to as long as they are numbered on. */
function outOfOrder({ tabId, events }: Observation, isCleared: boolean): readonly string[] {
  const found: string[] = [];
  let last: { readonly epoch: number; readonly seq: number } | null = null;
  for (const { type, event } of events) {
    if (event.seq == null) continue;
    const { epoch, seq, missed = 0 } = event;
    const name = `${tabId.slice(0, 8)} hears ${type} ${epoch}:${seq}`;
    if (last) {
      if (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)) {
        found.push(`${name} after ${last.epoch}:${last.seq}`);
      }
      const owed = Math.max(0, seq - last.seq - 1);
      if (missed !== owed && !isCleared) found.push(`${name} after ${last.epoch}:${last.seq}, missed ${missed}`);
    }
    last = { epoch, seq };
  }
  return found;
}

/** A command is carried out at most once, as the backend counts, and its caller is told what became of it. */
export function untrueCommands(observations: readonly Observation[], acts: readonly Act[]): readonly string[] {
  const heard = new Map<string, Act[]>();
  for (const act of acts) {
    const name = commandIn(act);
    if (name !== null) heard.set(name, [...(heard.get(name) ?? []), act]);
  }
  const twice = [...heard]
    .filter(([, ran]) => ran.length > 1)
    .map(([name, ran]) => `command ${name} was carried out ${ran.length} times`);
  const called = observations.flatMap(({ tabId, calls }) => calls.map((call) => ({ ...call, tabId })));
  const untrue = called.flatMap(({ tabId, step, command, outcome }) => {
    if (!command || !outcome) return [];
    const ran = heard.get(step)?.length ?? 0;
    const told = outcome.ok ? `ok ${outcome.value}` : String(outcome.error?.outcome ?? outcome.error?.name);
    if (MAY_BE_TOLD[command](told, ran)) return [];
    return [`${tabId.slice(0, 8)}: command ${command} of ${step}, carried out ${ran} times, came to ${told}`];
  });
  return [...twice, ...untrue];
}

/** Where the call was refused it was not sent. Who gives a command up, or is told `unknown`, does not know. */
const isOpenTo = (told: string, ran: number): boolean =>
  told === 'unknown' || told === 'AbortError' || (told === 'SessionError' && ran === 0);

const MAY_BE_TOLD: Readonly<Record<CommandName, (told: string, ran: number) => boolean>> = {
  // 409: under a term that is over. It fails where its term ends while it is on its way.
  act: (told, ran) => isOpenTo(told, ran) || (told.startsWith('ok') && ran === 1) || told === 'failed',
  hang: isOpenTo,
  none: (told, ran) => isOpenTo(told, ran) || told === 'refused',
};

function commandIn({ body }: Act): string | null {
  return typeof body === 'object' && body !== null && 'command' in body ? String(body.command) : null;
}

function strangeOutcomes({ tabId, calls }: Observation, codes: readonly number[]): readonly string[] {
  return calls.flatMap(({ step, method, outcome }) => {
    const error = outcome?.error;
    if (!error || error.name === 'AbortError' || (method === 'call' && error.name === 'CommandError')) return [];
    if (error.name === 'SessionError' && codes.includes(Number(error.code))) return [];
    return [`${tabId.slice(0, 8)}: ${method}() of ${step} came to ${JSON.stringify(error)}`];
  });
}
