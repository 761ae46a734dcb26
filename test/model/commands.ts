/**
 * Commands in the model: the shell of their caller and that of their host, around the rules of `command-rules.ts`. What was sent lies in
 * the queue of its host, who may come to it at any time or never; what the host says may be heard at any time or never.
 */
import { canTell, commandRefusal, fateOf, mayRun, waitsIn } from '../../src/session/command-rules';
import { type CommandCall, type Draft, type State, seenBy, type Tab } from './state';

type Outcome = NonNullable<CommandCall['outcome']>;
type Add = (label: string, change: (draft: Draft) => void) => void;

export function callCommand(draft: Draft, caller: string): void {
  draft.commands.push({ caller, step: 'waiting', sentTo: null, at: null, isOld: false, ranIn: [], outcome: null });
}

export function addCommands(state: State, add: Add): void {
  state.commands.forEach((command, number) => {
    const change = (who: number, label: string, apply: (own: CommandCall, draft: Draft) => void): void =>
      add(`${who} command ${number}: ${label}`, (draft) => {
        const own = draft.commands[number];
        if (own) apply(own, draft);
      });
    addHost(state, command, change);
    const index = state.tabs.findIndex(({ id, life }) => id === command.caller && life === 'awake');
    const tab = state.tabs[index];
    if (tab) addCaller(state, tab, command, (label, apply) => change(index, label, apply));
  });
}

/** `Commands.hear`. */
function addHost(
  state: State,
  { at, isOld, ranIn }: CommandCall,
  change: (who: number, label: string, apply: (own: CommandCall, draft: Draft) => void) => void,
): void {
  const index = hostOf(state, at);
  const host = state.tabs[index]?.host;
  // One that was heard before is answered and not run.
  if (!host || isOld || ranIn.includes(host.term) || host.driver !== 'connected' || host.closing !== 'no') return;
  if (!mayRun(seenBy(state, state.tabs[index] as Tab), host.term)) return;
  change(index, 'is run', (own, draft) => {
    own.ranIn.push(host.term);
    if (own.ranIn.length > 1) draft.violations.push('a command is run twice');
    if (own.outcome === 'refused') draft.violations.push('a command is run that was refused');
  });
}

function addCaller(
  state: State,
  tab: Tab,
  { step, sentTo, at, ranIn }: CommandCall,
  change: (label: string, apply: (own: CommandCall, draft: Draft) => void) => void,
): void {
  const record = seenBy(state, tab);
  const { phase, term } = record;
  const settles = (outcome: Outcome, isOld = false): void =>
    change(`comes to ${outcome}`, (own, draft) => {
      settle(draft, own, outcome);
      own.isOld ||= isOld;
    });
  if (step === 'waiting') {
    if (sentTo !== null && !canTell(record, sentTo)) settles('unknown');
    else if (phase === 'active' && term !== null)
      change('is sent', (own) => {
        own.step = 'sent';
        own.at = term;
        if (tab.host?.term !== term) own.sentTo ??= term;
      });
    else if (waitsIn(phase)) settles(sentTo === null ? 'refused' : 'unknown');
    else if (commandRefusal(phase)) settles('refused');
  } else if (step !== 'over' && at !== null) {
    const fate = fateOf(record, at);
    if (fate === 'unknown') return settles('unknown');
    if (fate === 'wait' && step === 'sent')
      change('waits again', (own) => {
        own.step = 'waiting';
        // In the host's own tab nothing lies in a queue.
        if (own.sentTo === null) own.at = null;
      });
    const canAnswer = hostOf(state, at) >= 0;
    if (ranIn.includes(at) && canAnswer) {
      if (step === 'sent') change('has begun', (own) => void Object.assign(own, { step: 'begun' }));
      settles('done');
    }
    // The host runs nothing that is as old as that.
    if (step === 'sent' && !canAnswer) settles('unknown', true);
  }
}

function settle(draft: Draft, own: CommandCall, outcome: Outcome): void {
  const { record } = draft;
  if (own.outcome !== null) draft.violations.push('a command is answered twice');
  if (outcome === 'refused' && own.ranIn.length > 0) draft.violations.push('a command that was run is refused');
  const isLeft = record.term !== own.at || record.phase !== 'active' || hostOf(draft, own.at) < 0;
  if (outcome === 'unknown' && !isLeft) draft.violations.push('unknown is said of a host that can answer');
  Object.assign(own, { step: 'over', outcome });
}

/** The tab that acts as host of `term` and can answer. */
function hostOf({ tabs }: State, term: string | null): number {
  return tabs.findIndex(({ life, host }) => life === 'awake' && host !== null && host.term === term);
}

/** A page that is left gives its commands up; and one that can have no effect any more is forgotten. */
export function tidyCommands(draft: Draft): void {
  if (draft.commands.length === 0) return;
  for (const own of draft.commands) {
    const isHere = draft.tabs.some(({ id, life }) => id === own.caller && life !== 'dead' && life !== 'frozen');
    if (!isHere && own.step !== 'over') Object.assign(own, { step: 'over', outcome: 'given up' });
  }
  const canBeRun = ({ at }: CommandCall): boolean => draft.tabs.some(({ host }) => host !== null && host.term === at);
  draft.commands = draft.commands.filter((own) => own.step !== 'over' || (!own.isOld && canBeRun(own)));
}
