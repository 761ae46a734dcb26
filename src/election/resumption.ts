/**
 * Going on by itself with a session that was lost, in the tab that the policy names.
 *
 * The right to do so is a key: the id of the last term, kept in the `sessionStorage` of the tab that held it, so that it
 * survives a reload. `decide` compares it with the record's, and a claim spends it. A tab that is duplicated copies the key;
 * the copy gives itself away, because the host of that term still answers after the copy was loaded.
 */
import type { Platform } from '../platform/platform';
import type { Successor } from '../session/record';
import type { ClaimCall, Election } from './claim';
import type { SharedRecord } from './shared-record';

/** Where `any-tab` may resume, a hidden tab gives the visible one this head start. */
const HIDDEN_DELAY_MS = 250;

/** Between one failed automatic resume and the next. */
const RESUME_AGAIN_MS = 1_000;

export interface ResumptionPorts {
  readonly shared: SharedRecord;
  readonly election: Election;
  readonly platform: Pick<Platform, 'clock' | 'lifecycle' | 'tabStorage'>;
  readonly scope: string;
  /** Whether this tab could hold a session now. */
  isFree(): boolean;
  resume(toCall: (candidate: Successor) => ClaimCall): void;
}

export class Resumption {
  /** Read when it is first needed: in most pages it never is. */
  private kept: string | undefined;
  private readonly storageKey: string;
  private cancelDelay: (() => void) | undefined;

  constructor(private readonly ports: ResumptionPorts) {
    this.storageKey = `solotab:${ports.scope}`;
  }

  private get key(): string {
    this.kept ??= this.ports.platform.tabStorage.get(this.storageKey) ?? '';
    return this.kept;
  }

  /** This tab holds `term` now: if it is lost, it may be resumed here. */
  keep(term: string): void {
    this.kept = term;
    this.ports.platform.tabStorage.set(this.storageKey, term || null);
  }

  /** Gives a key up that was copied with the tab: its term is still alive after this document was loaded. */
  async check(): Promise<void> {
    const { shared, election, isFree } = this.ports;
    if (shared.record.term === null || !isFree()) return;
    const { key } = this;
    if (shared.record.term !== key) return;
    if ((await election.challenge(key)) && shared.record.term === key && this.key === key) this.keep('');
  }

  /** Resumes if the record and the policy say so. To be called with every look at the record, and when the tab becomes free. */
  consider(): void {
    const { shared, platform, isFree, resume } = this.ports;
    if (shared.record.phase !== 'recovering' || !isFree()) return this.cancel();
    const { key } = this;
    const toCall = (candidate: Successor): ClaimCall => ({ type: 'resume', candidate, key });
    if (shared.preview(toCall({ term: '', tabId: '' })).verdict !== 'granted') return this.cancel();
    if (this.cancelDelay) return;
    const isHidden = shared.record.recovery.by === 'any-tab' && !platform.lifecycle.isVisible();
    const delayMs = shared.record.attempts > 0 ? RESUME_AGAIN_MS : isHidden ? HIDDEN_DELAY_MS : 0;
    if (delayMs === 0) return resume(toCall);
    this.cancelDelay = platform.clock.after(delayMs, () => {
      this.cancelDelay = undefined;
      resume(toCall);
    });
  }

  cancel(): void {
    this.cancelDelay?.();
    this.cancelDelay = undefined;
  }
}
