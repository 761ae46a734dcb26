/** One way to agree on a leader among tabs, as the benchmarks use it: solotab, a peer, or the bare primitives. */
export interface Subject {
  /** Joins the tabs of `scope`. Resolves when it is ready to be asked. */
  open(scope: string): Promise<void>;
  /** Becomes the leader, and resolves in the turn in which the leader's code runs. */
  claim(): Promise<void>;
  /** Stops being the leader; the next claim finds nobody. */
  release(): Promise<void>;
  /** Asks to be the leader while there is one, and is told so. */
  refused?(): Promise<void>;
  /** Becomes the leader once the present one is gone, and resolves in the turn in which the leader's code runs. */
  wait(): Promise<void>;
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
