/**
 * The terms of this tab: the one that it holds; the one that it left, because its page went away and may come back; and the one that
 * was fenced, whose driver lets go of its session. Nothing is resumed here before that is done.
 */
import type { Tenancy } from '../election/election';
import { createTenure, type Tenure, type TenurePorts } from './tenure';

export interface TermPorts extends Omit<TenurePorts, 'onOver'> {
  /** A fenced term is let go of; `isElsewhere`: its session lives on in another tab, and is not to be resumed here. */
  onLetGo(epoch: number, isElsewhere: boolean): void;
  /** A term is over: this tab may be free, and act by itself. */
  consider(): void;
}

export interface Terms {
  readonly held: Tenure | undefined;
  /** Resolves when nothing of a fenced term is left. */
  readonly lettingGo: Promise<void> | undefined;
  hold(tenancy: Tenancy): Tenure;
  /** The page goes away, or its coordinator (`isWritten`: and has the time to say so in the record). */
  leave(reason: string, isWritten: boolean): Promise<void> | undefined;
  /** The page is back: lets go of what it left, `after` the record was looked at. */
  comeBack(after: Promise<void>): void;
  /** Lets go of everything that was left. */
  letGo(): Promise<unknown>;
}

export function createTerms(ports: TermPorts): Terms {
  const { ledger } = ports;
  let held: Tenure | undefined;
  let left: Tenure | undefined;
  let lettingGo: Promise<void> | undefined;

  function letGoOf(tenure: Tenure, after: Promise<void>): void {
    const done = Promise.all([after, tenure.letGo(after)]).then(() => {
      if (lettingGo === done) lettingGo = undefined;
      const { term, phase, origin } = ledger.record;
      ports.onLetGo(tenure.epoch, phase !== 'recovering' || term !== null || origin !== tenure.origin);
    });
    lettingGo = done;
  }

  return {
    get held() {
      return held;
    },
    get lettingGo() {
      return lettingGo;
    },
    hold(tenancy) {
      const tenure: Tenure = createTenure(
        {
          ...ports,
          onOver(isSuperseded) {
            if (held === tenure) held = undefined;
            // Not in the middle of a look at the record.
            void Promise.resolve().then(() => ports.consider());
            if (isSuperseded) letGoOf(tenure, ledger.refresh());
          },
        },
        tenancy,
      );
      held = tenure;
      return tenure;
    },
    leave(reason, isWritten) {
      left ??= held;
      return held?.leave(reason, isWritten);
    },
    comeBack(after) {
      const tenure = left;
      left = undefined;
      if (tenure) letGoOf(tenure, after);
    },
    letGo: () => Promise.all([lettingGo, left?.letGo()]),
  };
}
