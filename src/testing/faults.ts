/** What goes wrong, and how often: probabilities from 0 (never, the default) to 1. May be changed at any time. */
export interface Faults {
  /** A message does not arrive. */
  loseMessages: number;
  /** A message arrives twice. */
  duplicateMessages: number;
  /** A message takes up to `longestDelayMs` rather than a millisecond or two. Those after it wait for it. */
  delayMessages: number;
  /** A message may overtake those before it. */
  reorderMessages: number;
  longestDelayMs: number;
  /** A transaction is aborted and rejects; its step may have run, but nothing was written. */
  failTransactions: number;
  /** A transaction is aborted after its step and runs once more, as the adapter does on a new connection. */
  repeatTransactions: number;
  /** A transaction takes up to `longestDelayMs`. */
  delayTransactions: number;
  /**
   * A page that stops or freezes before its turn keeps the whole store waiting, as an open transaction does. The others wait
   * for five seconds, then go on without the store.
   */
  blockingTransactions: boolean;
  /** An attempt of an `auto` driver fails. */
  failConnects: number;
  /** An attempt of an `auto` driver never settles by itself. */
  hangConnects: number;
  /** A driver goes on connecting though its signal was aborted. */
  ignoreAborts: number;
  /** The other side hangs up as an `auto` driver connects: `context.ended` before it resolves, some microtasks after, or later. */
  hangUps: number;
  /** The session that an `auto` driver resumes is gone for good: it says `context.ended`, or rejects with what is not retryable. */
  goneForGood: number;
  /** A `resume` of an `auto` driver takes seconds. */
  slowResumes: number;
  /** Around the time at which an `auto` driver connects, it publishes up to hundreds of values in a turn. */
  floods: number;
  /** A driver's `end` calls `end` of its coordinator, and waits for it. */
  endsCallEnd: number;
  /** A driver's `end` or `release` rejects. */
  failEnds: number;
  /** A driver's `end` or `release` never settles. */
  hangEnds: number;
}

/** Whether a page that is awake may hear and be heard too late. */
export function areLossy(faults: Faults): boolean {
  return faults.loseMessages + faults.delayMessages + faults.delayTransactions + faults.failTransactions > 0;
}

export const NO_FAULTS: Readonly<Faults> = {
  loseMessages: 0,
  duplicateMessages: 0,
  delayMessages: 0,
  reorderMessages: 0,
  longestDelayMs: 2_000,
  failTransactions: 0,
  repeatTransactions: 0,
  delayTransactions: 0,
  blockingTransactions: false,
  failConnects: 0,
  hangConnects: 0,
  ignoreAborts: 0,
  hangUps: 0,
  goneForGood: 0,
  slowResumes: 0,
  floods: 0,
  endsCallEnd: 0,
  failEnds: 0,
  hangEnds: 0,
};
