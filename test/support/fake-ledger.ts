/** A ledger in one variable: what a test says is stored, with no store, no channel and no other tab. */
import type { Ledger } from '../../src/ledger/ledger';
import type { Clock } from '../../src/platform/platform';
import type { Command, Decision, Facts } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import type { JournalEntry } from '../../src/session/events';
import type { SessionRecord } from '../../src/session/record';
import { windowLeftMs } from '../../src/session/steps';
import { FACTS, NOW } from './records';

export interface FakeLedger extends Ledger {
  /** What is stored; `record` is this tab's view of it, as of the last look. */
  stored: SessionRecord;
  readonly commands: Command[];
  readonly sent: JournalEntry[];
  /** `peek`, `refresh`, `goodbye …`. */
  readonly done: string[];
  ageMs: number;
  isStored: boolean;
  isDeaf: boolean;
  /** Called before each transaction: may throw, wait, or change what is stored. */
  before: (command: Command) => void | Promise<void>;
  /** Stores a change that another tab made, and tells this one. */
  change(change: Partial<SessionRecord>): void;
}

export function fakeLedger(record: SessionRecord, clock: Clock, facts: Partial<Facts> = {}): FakeLedger {
  const waiting = new Set<() => void>();
  let seen = record;
  const factsNow = (): Facts => ({ ...FACTS, known: seen, now: NOW + clock.monotonic(), ...facts });

  function see(next: SessionRecord): void {
    seen = next;
    ledger.stored = next;
    for (const wake of [...waiting]) wake();
  }

  const ledger: FakeLedger = {
    stored: record,
    get record() {
      return seen;
    },
    commands: [],
    sent: [],
    done: [],
    ageMs: Number.POSITIVE_INFINITY,
    isSpoilt: false,
    isStored: true,
    isDeaf: false,
    isHeard: true,
    send: () => undefined,
    before: () => undefined,
    change: (change) => see({ ...ledger.stored, revision: ledger.stored.revision + 1, ...change }),
    async transact(command): Promise<Decision> {
      ledger.commands.push(command);
      await ledger.before(command);
      const decision = decide(ledger.stored, command, factsNow());
      see(decision.record);
      return decision;
    },
    preview: (command) => decide(seen, command, factsNow()),
    windowLeftMs: () => windowLeftMs(seen, factsNow()),
    async peek() {
      ledger.done.push('peek');
      seen = ledger.stored;
    },
    async refresh() {
      ledger.done.push('refresh');
      seen = ledger.stored;
    },
    until(isTrue, ms, signal) {
      return new Promise((resolve) => {
        const look = (): void => {
          if (isTrue(seen)) finish(true);
          else if (signal?.aborted) finish(false);
        };
        const finish = (result: boolean): void => {
          cancel();
          waiting.delete(look);
          resolve(result);
        };
        const cancel = clock.after(ms, () => finish(false));
        waiting.add(look);
        signal?.addEventListener('abort', look);
        look();
      });
    },
    sendEvents: (_, entries) => void ledger.sent.push(...entries),
    sayGoodbye: (term) => void ledger.done.push(`goodbye ${term}`),
    closeChannel: () => undefined,
    openChannel: () => undefined,
    close: () => undefined,
  };
  return ledger;
}
