/** `lead` and `createElection` on any platform: a real browser's or a simulated one's. */
import type { Platform } from '../platform/platform';
import { SessionError } from '../session/errors';
import { createListeners } from '../tab/listeners';
import { type Body, createCandidate } from './candidate';

export interface LeadOptions {
  /** Gives up waiting, or the lead: the next leader begins when the body has settled. */
  readonly signal?: AbortSignal;
  /**
   * Lead also in place of a leader that has been silent for three seconds, because its page is stopped or hangs. It is fenced: when it
   * goes on, it finds its signal aborted. As long as it answers it is left to lead, and asked again every ten seconds.
   */
  readonly force?: boolean;
}

export interface Election {
  /** Whether this tab leads. */
  readonly isLeader: boolean;
  /** Calls `listener` when this tab begins to lead, and when it ceases to. Returns the function that stops it. */
  subscribe(listener: () => void): () => void;
  /** Stands no longer, and leads no longer. Resolves when that is over. */
  close(): Promise<void>;
}

export async function leadOn<Value>(
  platform: Platform,
  name: string,
  body: Body<Value>,
  { signal, force }: LeadOptions = {},
): Promise<Value> {
  const candidate = createCandidate(platform, name, force);
  try {
    return await candidate.lead(body, signal);
  } finally {
    void candidate.close();
  }
}

export function createElectionOn(platform: Platform, name: string): Election {
  const closing = new AbortController();
  const candidate = createCandidate(platform, name);
  const listeners = createListeners((error) =>
    platform.logger.error('solotab: a listener of an election threw', error),
  );
  let isLeader = false;
  const tell = (leads: boolean): void => {
    isLeader = leads;
    listeners.emit('change', undefined);
  };
  const standUntilClosed = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await candidate.lead(({ signal }) => {
          const lost = new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => {
              tell(false);
              resolve();
            });
          });
          tell(true);
          return lost;
        }, closing.signal);
      } catch (error) {
        // Without a browser there is nothing to stand for. A lead that was lost is stood for again.
        if (error instanceof SessionError) break;
      }
    }
    await candidate.close();
  };
  const over = standUntilClosed();
  return {
    get isLeader() {
      return isLeader;
    },
    subscribe: (listener) => listeners.add('change', () => listener()),
    close() {
      closing.abort();
      return over;
    },
  };
}
