/**
 * Follows the real code in the model: knows every state of the model that explains what was seen so far. What the code
 * writes and the model would not is a fault of the model, or of the code.
 */
import type { Command, Decision } from '../../src/session/command';
import type { SessionRecord } from '../../src/session/record';
import { actions } from './actions';
import { signOfLife } from './host';
import { keyInOrder } from './key';
import { draftOf, initialState, type Rules, type State } from './state';
import { programSteps, type Step } from './steps';

/** A transaction of the real code that wrote. */
export interface Write {
  readonly command: Command;
  readonly decision: Decision;
  /** The tab ids of the present documents. */
  readonly tabIds: readonly string[];
}

export class Acceptor {
  readonly log: string[] = [];
  private states: readonly State[];
  /** The one that the real code wrote last. */
  private epoch = 0;

  constructor(
    tabs: number,
    private readonly rules: Rules,
  ) {
    this.states = [initialState(tabs)];
  }

  /** How many states explain what was seen. */
  get size(): number {
    return this.states.length;
  }

  /** Somebody does something to a tab. */
  act(tab: number, label: string): void {
    this.log.push(`${tab} ${label}`);
    const isCall = label.startsWith('calls');
    this.states = this.dedupe(
      this.closure().flatMap((state) => {
        const before = isCall ? [state, ...withoutCalls(state, tab, this.rules)] : [state];
        const after = before.flatMap((from) =>
          actions(from, this.rules)
            .filter((step) => step.label === `${tab} ${label}`)
            .map(({ next }) => next),
        );
        // Refused in its own tab, before anyone could see it.
        return isCall ? [...after, state] : after;
      }),
    );
  }

  /** False: the model would not have written that. */
  write({ command, decision, tabIds }: Write): boolean {
    const name = nameOf(command);
    const wanted = shapeOf(decision.record, this.epoch, tabIds);
    this.epoch = decision.record.epoch;
    this.log.push(`writes ${name}: ${wanted}`);
    const found: State[] = [];
    for (const state of this.closure()) {
      for (const { next } of this.writesFrom(state, name)) {
        const { commit } = next;
        if (!commit?.decision.changed || nameOf(commit.command) !== name) continue;
        const ids = next.tabs.map(({ id, life }) => (life === 'dead' ? '' : id));
        if (shapeOf(commit.decision.record, commit.found.epoch, ids) === wanted) found.push(next);
      }
    }
    this.states = this.dedupe(found);
    return this.states.length > 0;
  }

  /** A host that writes nothing for a minute gives a sign of life, and one that emits events does at any time. */
  private writesFrom(state: State, name: string): readonly Pick<Step, 'next'>[] {
    const steps = programSteps(state, this.rules);
    if (name !== 'alive') return steps;
    const signs = [...state.tabs.keys()].map((index) => ({ next: signOfLife(draftOf(state, this.rules), index) }));
    return [...steps, ...signs];
  }

  /** Everything that may have happened since without a write. */
  private closure(): readonly State[] {
    const states = [...this.states];
    const seen = new Set(states.map(keyInOrder));
    for (const state of states) {
      for (const { next } of programSteps(state, this.rules)) {
        if (next.commit?.decision.changed) continue;
        const key = keyInOrder(next);
        if (seen.has(key)) continue;
        seen.add(key);
        states.push(next);
      }
    }
    return states;
  }

  private dedupe(states: readonly State[]): readonly State[] {
    return [...new Map(states.map((state) => [keyInOrder(state), state])).values()];
  }
}

function nameOf(command: Command): string {
  return command.type === 'join' ? 'start' : command.type;
}

/**
 * What the model says of a record, without ids and clocks of its own: a new session's epoch goes by the clock, those after it count on
 * from what was stored `before`.
 */
function shapeOf(
  { phase, epoch, origin, hostTabId, successor, attempts, activeEpoch, asked, answered }: SessionRecord,
  before: number,
  ids: readonly string[],
): string {
  const rise = epoch === before ? 'same epoch' : epoch === origin ? 'new epoch' : `epoch + ${epoch - before}`;
  const active = activeEpoch === 0 ? 'never' : epoch - activeEpoch;
  const host = hostTabId === null ? 'nobody' : ids.indexOf(hostTabId);
  const next = successor === null ? 'nobody' : ids.indexOf(successor.tabId);
  return `${phase}, ${rise}, of ${host}, then ${next}, ${attempts} attempts, active ${active}, ${asked}/${answered}`;
}

/** A call that still looks may be over in fact: it was refused, and that writes nothing. */
function withoutCalls(state: State, tab: number, rules: Rules): State[] {
  const draft = draftOf(state, rules);
  const own = draft.tabs[tab];
  const looking = (['bid', 'ender'] as const).filter((slot) => own?.[slot]?.step === 'looking');
  for (const slot of looking) if (own) own[slot] = null;
  return looking.length > 0 ? [draft] : [];
}
