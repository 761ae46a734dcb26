/** The service that goes down, and what it counts. It knows nothing of solotab: only who knocks, and when. */

/** What happens to the service and to the network, in milliseconds since it went down. */
export interface Outage {
  /** The service refuses everybody for so long. */
  readonly downMs: number;
  /** Counted until then. */
  readonly untilMs: number;
  /** A message takes between these, one way. */
  readonly latencyMs: readonly [least: number, most: number];
  /** That a connection broke is noticed within this. */
  readonly noticedMs: number;
}

export const MINUTE: Outage = { downMs: 60_000, untilMs: 180_000, latencyMs: [20, 120], noticedMs: 200 };

/** As finely as attempts are counted. */
export const BIN_MS = 100;

export class Tally {
  /** Attempts that reached the service, by tenths of a second since it went down. */
  readonly attempts: number[];
  /** When each browser was connected again. */
  readonly connectedAt: number[] = [];

  constructor({ untilMs }: Outage) {
    this.attempts = Array(Math.ceil(untilMs / BIN_MS)).fill(0);
  }

  count(atMs: number): void {
    const bin = Math.floor(atMs / BIN_MS);
    if (bin >= 0 && bin < this.attempts.length) this.attempts[bin] = (this.attempts[bin] ?? 0) + 1;
  }

  get total(): number {
    return this.attempts.reduce((sum, count) => sum + count, 0);
  }

  /** Attempts in each stretch of so many milliseconds. */
  per(ms: number): number[] {
    const width = ms / BIN_MS;
    const stretches = Math.ceil(this.attempts.length / width);
    return Array.from({ length: stretches }, (_, index) =>
      this.attempts.slice(index * width, (index + 1) * width).reduce((sum, count) => sum + count, 0),
    );
  }
}

/** What browsers do about it. */
export interface Scenario {
  readonly name: string;
  /** How it begins: every session breaks at once, or every browser comes online at once, with the service down. */
  readonly begins: 'broken' | 'online';
  readonly title: string;
  /** Tries within one attempt of `ensure`, by `withAttempts`. */
  readonly tries: number;
  /** In which a host may reconnect. */
  readonly windowMs: number;
}

/** The default of solotab. */
const WINDOW_MS = 120_000;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'ensure', begins: 'online', title: '`ensure`: all come online in one moment', tries: 1, windowMs: WINDOW_MS },
  {
    name: 'ensure + withAttempts',
    begins: 'online',
    title: '`ensure` and `withAttempts` with three tries: all come online in one moment',
    tries: 3,
    windowMs: WINDOW_MS,
  },
  { name: 'reconnect', begins: 'broken', title: '`reconnect`: all connections break', tries: 1, windowMs: WINDOW_MS },
  {
    name: 'reconnect, then ensure',
    begins: 'broken',
    title: '`reconnect` with a recovery window of 30 s, then `ensure`: all connections break',
    tries: 1,
    windowMs: 30_000,
  },
];
