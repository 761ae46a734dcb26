/** One way to agree on a leader among tabs, as the benchmarks use it: solotab, a peer, or the bare primitives. */
export interface Subject {
  /** Joins the tabs of `scope`. Resolves when it is ready to be asked. */
  open(scope: string): Promise<void>;
  /** Becomes the leader. Resolves with when the leader's code ran, by `performance.now()`. */
  claim(): Promise<number>;
  /** Stops being the leader; the next claim finds nobody. */
  release(): Promise<void>;
  /** Asks to be the leader while there is one, and is told so. */
  refused?(): Promise<void>;
  /** As `claim`, once the present leader is gone. */
  wait(): Promise<number>;
  /** As `wait`, by force, while the leader hangs. */
  seize?(): Promise<void>;
  /** Tells the other tabs. */
  send?(): void;
  listen?(listener: () => void): void;
}

/** What one tab tells the others: as large as what solotab sends for an error. */
export const PAYLOAD = {
  type: 'events',
  term: '1234567890-1234567890-1234567890-1234567890',
  entries: [
    {
      type: 'session_error',
      error: {
        code: 1016,
        exception: 'NETWORK_ERROR',
        message: 'The network failed several times.',
        suggestedAction: 'Check the connection and try again.',
        retryable: true,
      },
      epoch: 1,
      seq: 1,
      tabId: '1234567890-1234567890-1234567890-1234567890',
      at: 1_700_000_000_000,
    },
  ],
  version: 1,
};
