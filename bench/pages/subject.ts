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
  /** Claims together with other tabs. Resolves once this one leads, or knows that another does. */
  compete?(): Promise<unknown>;
  /** Tells the other tabs. */
  send?(): void;
  listen?(listener: () => void): void;
  /** Has the leader's tab run something, and waits for its result. */
  call?(): Promise<void>;
  /** Tells the other tabs something of the app's own, many times a turn. `sendMarks` ends the turn. */
  mark?(mark: Mark): void;
  sendMarks?(): void;
  onMark?(listener: (mark: Mark) => void): void;
}

/** One of many events: its number, and when it happened by the wall clock. */
export interface Mark {
  readonly n: number;
  readonly at: number;
}

const ID = '1234567890-1234567890-1234567890-1234567890';

/** What one tab tells the others: as large as what solotab sends for an error. */
export const PAYLOAD = {
  type: 'events',
  term: ID,
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
      tabId: ID,
      at: 1_700_000_000_000,
    },
  ],
  version: 1,
};

/** What a command is given. It results in its length. */
export const INPUT = { text: 'How can I help you?' };

/** As large as what solotab sends for a command. */
export const CALL = {
  type: 'run' as const,
  term: ID,
  request: { id: ID, tabId: ID, name: 'measure', input: INPUT, at: 1_700_000_000_000, isLocked: true },
  version: 1,
};
