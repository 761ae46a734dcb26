/**
 * One candidate: a coordinator whose session is the body that runs while this tab leads. All that keeps two bodies apart is the
 * coordinator's: here the scope is waited for, and the term is kept until the body has settled.
 *
 *     waiting ──▶ leading ──▶ lost      the page was cached, or the term was taken away: the others go on at once
 *        ▲           └──────▶ settled   the body came back: only then is the term given up
 *        └── refused, or its page was left before it led
 */

import type { DriverContext } from '../driver';
import { outcomeOf } from '../host/outcome';
import { abortError, throwIfAborted } from '../platform/abort';
import type { Platform } from '../platform/platform';
import { SessionError } from '../session/errors';
import { createCoordinatorOn } from '../tab/coordinator';
import type { SessionSnapshot } from '../types';

/** What a body gets. */
export interface Lead {
  /**
   * Aborts when this tab leads no longer, with the reason: the signal that was given to `lead`, or an `AbortError` where its page was
   * cached or frozen, or another tab has taken the lead. Whatever the body does for all tabs stops by it.
   */
  readonly signal: AbortSignal;
  /** Higher than that of every leader before: send it to a backend that can refuse what an earlier leader still sends. */
  readonly epoch: number;
}

export type Body<Value> = (lead: Lead) => Value | Promise<Value>;

/** A body takes as long as it takes. This is the longest that timers can wait: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

interface Running {
  readonly settled: Promise<void>;
  abort(reason: unknown): void;
}

export function createCandidate(platform: Platform, name: string, force = false) {
  const waiting = new Set<() => void>();
  let isAsleep = false;
  /** Runs the body of the present `lead`. */
  let run: (context: DriverContext) => Running;
  /** The body that began last. */
  let running: Running | undefined;
  /** Resolves when the last term of this candidate is over. */
  let over: Promise<void> | undefined;

  const coordinator = createCoordinatorOn<{ session: Running }>(
    {
      ...platform,
      // Several candidates in one page are meant, and not to be warned of.
      names: () => new Map(),
      lifecycle: {
        ...platform.lifecycle,
        listen(listener, signal) {
          const onEvent: typeof listener = (event) => {
            if (event === 'hide' || event === 'show') isAsleep = event === 'hide';
            listener(event);
            wake();
          };
          platform.lifecycle.listen(onEvent, signal);
        },
      },
    },
    {
      // What is no name must not become one.
      name: typeof name === 'string' && name !== '' ? `lead:${name}` : '',
      recovery: { by: 'none' },
      connectTimeoutMs: LONGEST_MS,
      driver: {
        start: (_request, context) => run(context),
        resume: (_previous, context) => run(context),
        // Who asks by force gets the lead from a leader that answers when its body has settled.
        release: (running) => running.settled,
        end(running) {
          running?.abort(abortError('The lead was ended.'));
          return running?.settled;
        },
      },
    },
  );
  coordinator.subscribe(() => {
    // A leader that is asked by force waits for its body to release it, and would find only then that it was fenced.
    if (coordinator.getSnapshot().role !== 'host') running?.abort(abortError('Another tab has taken the lead.'));
    wake();
  });

  function wake(): void {
    for (const resolve of waiting) resolve();
    waiting.clear();
  }

  const change = (): Promise<void> => new Promise((resolve) => waiting.add(resolve));

  /** Resolves once this tab leads. It looks and calls, or looks and waits, in one turn: so it misses no change. */
  async function stand(signal: AbortSignal, isLeading: () => boolean): Promise<void> {
    /** What a call by force was refused on: made again on the same, it would be refused again. */
    let tried: SessionSnapshot | undefined;
    for (;;) {
      throwIfAborted(signal);
      const now = coordinator.getSnapshot();
      const mayClaim = !platform.isPage || now.phase === 'idle' || (force && now.phase === 'active' && now !== tried);
      if (!mayClaim) {
        await change();
        continue;
      }
      tried = now;
      try {
        await (now.phase === 'idle' || !platform.isPage
          ? coordinator.start(undefined, { signal })
          : coordinator.takeOver({ force, signal }));
        return;
      } catch (error) {
        // Another tab leads, the store is blocked, or the page was left: wait on. A coordinator waits by itself until its page is back.
        const refusal = error instanceof SessionError ? error : undefined;
        const isFinal = refusal?.code === 9999 && !refusal.retryable;
        if (isLeading() || signal.aborted || isFinal) throw error;
        if (!refusal || refusal.code === 9999) tried = undefined;
      }
    }
  }

  /**
   * Waits for the lead, and runs `body` while this tab has it. Settles as the body does; rejects at once, whatever the body does, when
   * `signal` aborts or the lead is lost. In a page that is cached or frozen it settles when that page is back.
   */
  async function lead<Value>(body: Body<Value>, signal?: AbortSignal): Promise<Value> {
    throwIfAborted(signal);
    const standing = new AbortController();
    const control = new AbortController();
    let context: DriverContext | undefined;
    let abort: (reason: unknown) => void = () => {};
    const onAbort = (): void => abort(signal?.reason ?? abortError('The call was given up.'));
    signal?.addEventListener('abort', onAbort);
    try {
      return await new Promise<Value>((resolve, reject) => {
        abort = (reason) => {
          reject(reason);
          control.abort(reason);
          // From then on the body is waited for.
          if (!context) standing.abort(reason);
          wake();
        };
        run = (given) => {
          context = given;
          over = new Promise<void>((isOver) => {
            given.signal.addEventListener('abort', () => {
              abort(abortError('The lead was lost.'));
              isOver();
            });
          });
          const result = outcomeOf(() => body({ signal: control.signal, epoch: given.epoch }));
          const settled = result.then((outcome) => {
            if (outcome.type === 'value') resolve(outcome.value);
            else reject(outcome.error);
          });
          running = { abort, settled };
          return running;
        };
        const standUntilOver = async (): Promise<void> => {
          await stand(standing.signal, () => context !== undefined);
          await running?.settled;
          if (!context?.signal.aborted) context?.ended();
        };
        standUntilOver().catch(reject);
      });
    } finally {
      signal?.removeEventListener('abort', onAbort);
      // Who stands again at once must not do so in a page that is about to be cached.
      while (isAsleep) await change();
    }
  }

  return {
    lead,
    /** Gives the lead up once the body has settled. */
    async close(): Promise<void> {
      await over;
      await coordinator.close();
    },
  };
}
