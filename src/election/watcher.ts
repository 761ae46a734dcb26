/**
 * What a tab waits for between calls: the death of the host, and the end of a recovery window. An idle scope is waited for
 * with nothing at all: no timer, no lock, no message.
 */
import type { Clock } from '../platform/platform';
import type { SessionRecord } from '../session/record';
import type { Election } from './claim';
import type { SharedRecord } from './shared-record';
import type { TermLocks } from './term-locks';

/**
 * While there is a session, a tab looks at the record this often in case every message was lost. Without locks it is also
 * how often the host is challenged, by whichever tab comes first.
 */
const WATCHDOG_MS = 15_000;

/** Without a channel nobody can call the host: it looks by itself, well within the silence that another tab tolerates. */
const DEAF_HOST_MS = 1_000;

export interface WatcherPorts {
  readonly shared: SharedRecord;
  readonly locks: TermLocks;
  readonly election: Election;
  readonly clock: Clock;
  readonly tabId: string;
}

export class Watcher {
  private watch: { readonly term: string; readonly stop: AbortController } | undefined;
  private stopWatchdog: (() => void) | undefined;
  private stopWindow: (() => void) | undefined;
  /** As of the last look. */
  private answered = 0;
  private isDeafHost = false;
  private isAsleep = false;

  constructor(private readonly ports: WatcherPorts) {}

  observe(record: SessionRecord): void {
    if (this.isAsleep) return;
    this.watchHost(record);
    this.watchWindow(record);
    const { shared, tabId } = this.ports;
    const isDeafHost = shared.isDeaf && record.hostTabId === tabId;
    if (isDeafHost !== this.isDeafHost) this.stopWatchdog?.();
    this.isDeafHost = isDeafHost;
    // Without a channel not even the beginning of a session is told.
    if (record.phase === 'idle' && !shared.isDeaf) this.stopWatchdog?.();
    else this.stopWatchdog ??= this.nextLook();
  }

  /** Before the page is cached or frozen: a waiting lock request would hold up nobody here, but it would wake nobody either. */
  sleep(): void {
    this.isAsleep = true;
    this.watch?.stop.abort();
    this.watch = undefined;
    this.stopWatchdog?.();
    this.stopWindow?.();
  }

  wake(): void {
    this.isAsleep = false;
  }

  private watchHost({ term, hostTabId, answered }: SessionRecord): void {
    if (term === this.watch?.term) return;
    this.watch?.stop.abort();
    this.watch = undefined;
    this.answered = answered;
    if (term === null || hostTabId === this.ports.tabId) return;
    const stop = new AbortController();
    this.watch = { term, stop };
    void this.ports.locks.watch(term, stop.signal).then((isGone) => {
      if (isGone && !stop.signal.aborted) void this.ports.election.reap(term);
    });
  }

  private watchWindow({ phase }: SessionRecord): void {
    if (phase !== 'recovering') return this.stopWindow?.();
    if (this.stopWindow) return;
    const { clock, shared } = this.ports;
    // At least a millisecond: timers are less exact than clocks.
    const cancel = clock.after(Math.max(1, shared.windowLeftMs()), () => {
      this.stopWindow = undefined;
      void shared.transact({ type: 'expire' });
    });
    this.stopWindow = () => {
      cancel();
      this.stopWindow = undefined;
    };
  }

  private nextLook(): () => void {
    const cancel = this.ports.clock.after(this.isDeafHost ? DEAF_HOST_MS : WATCHDOG_MS, () => {
      this.stopWatchdog = undefined;
      void this.lookAgain();
    });
    return () => {
      cancel();
      this.stopWatchdog = undefined;
    };
  }

  private async lookAgain(): Promise<void> {
    const { shared, locks, election, tabId } = this.ports;
    await shared.refresh();
    // Without a store a look may find nothing to observe; the next one comes all the same.
    this.observe(shared.record);
    const { term, hostTabId, answered } = shared.record;
    if (locks.work || term === null || hostTabId === tabId) return;
    // Another tab may have challenged the host since, and the answer serves all.
    if (answered === this.answered && !(await election.challenge(term))) await election.reap(term);
    this.answered = shared.record.answered;
  }
}
