/** What happened in a round, for a person to read: what was done, what the backend heard, what the tabs were left with. */
import type { Act, ActType } from '../support/backend';
import type { Observation } from './page';

interface Entry {
  readonly at: number;
  readonly text: string;
}

export class Timeline {
  readonly #notes: Entry[] = [];
  readonly #names = new Map<string, string>();
  readonly #startedAt = performance.now();

  note(text: string): void {
    this.#notes.push({ at: performance.now(), text });
  }

  /** From now on, this id is a tab's of that name. */
  name(tabId: string, name: string): void {
    this.#names.set(tabId, `${name} (${tabId.slice(0, 8)})`);
  }

  describe(acts: readonly Act[], observations: readonly Observation[]): string {
    const heard = merged(acts).map(({ act, count }) => ({ at: act.at, text: this.#describeAct(act, count) }));
    const lines = [...this.#notes, ...heard]
      .sort((a, b) => a.at - b.at)
      .map(({ at, text }) => `${(at - this.#startedAt).toFixed(0).padStart(7)} ms  ${text}`);
    return [...lines, ...observations.map((observation) => this.#describeTab(observation))].join('\n');
  }

  nameOf(tabId: string | null): string {
    return tabId === null ? 'nobody' : (this.#names.get(tabId) ?? `an unknown tab (${tabId.slice(0, 8)})`);
  }

  #describeAct({ type, tabId, epoch, outcome }: Act, count: number): string {
    const times = count > 1 ? ` ${count} times` : '';
    return `    backend: ${this.nameOf(tabId)} ${type}${times} under epoch ${epoch}: ${outcome}`;
  }

  #describeTab({ tabId, snapshot, calls, events, driverCalls, context, logs }: Observation): string {
    const { phase, role, epoch, hostTabId } = snapshot;
    const outcomes = calls.map(({ step, method, outcome }) => {
      const error = outcome?.error;
      const end = outcome === null ? 'not settled' : outcome.ok ? 'ok' : (error?.code ?? `${error?.name}`);
      return `${step} ${method}(): ${String(end)} ${outcome ? `(${outcome.ms.toFixed(0)} ms)` : ''}`;
    });
    const heard = events.map(({ type, event }) => {
      const detail = event.code ?? event.reason ?? '';
      return `${type}${detail && ` ${detail}`} ${event.epoch}:${event.seq ?? '–'}${event.missed ? ` missed ${event.missed}` : ''}`;
    });
    const driven = driverCalls.map(({ type, epoch: under, settled }) => `${type} ${under} ${settled}`);
    return [
      `${this.nameOf(tabId)} is ${role} while ${phase} under epoch ${epoch}, host ${this.nameOf(hostTabId)}; its context: ${JSON.stringify(context)}`,
      `    calls: ${outcomes.join('; ')}`,
      `    driver: ${driven.join('; ')}`,
      `    heard: ${heard.join('; ')}`,
      `    logged: ${logs.join('; ')}`,
    ].join('\n');
  }
}

/** Acts that only repeat what came before are one line. */
function merged(acts: readonly Act[]): readonly { act: Act; count: number }[] {
  const lines: { act: Act; count: number }[] = [];
  for (const act of acts) {
    const last = lines.at(-1);
    const key = ({ type, tabId, epoch, outcome }: Act): string =>
      `${type satisfies ActType} ${tabId} ${epoch} ${outcome}`;
    if (last && act.type === 'act' && key(last.act) === key(act)) last.count += 1;
    else lines.push({ act, count: 1 });
  }
  return lines;
}
