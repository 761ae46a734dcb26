/** Nothing stays live at the far end that the tabs have done with, and nothing is resumed that was lost for too long. */
import type { SimulatedBrowser } from '../../../src/testing';
import type { Page } from '../../../src/testing/page';
import { parsed } from '../../../src/testing/parsed';
import type { ServiceSession } from '../../../src/testing/service';
import type { Calls } from './calls';
import { CONNECT_TIMEOUT_MS, WINDOW_MS } from './plan';

/** From what a tab writes until it does what follows from that. */
const DONE_AFTER_MS = 100;

/** A call that was granted at the last moment reaches its driver a moment later; a store may make it wait for long. */
const LATE_MS = 1_000;
const LATE_FOR_STORE_MS = 30_000;

/** A tab that slept for less than this dates what it missed by when it woke. */
const SHORT_SLEEP_MS = 30_000;

export interface ServiceCheck {
  /** For when the scope is idle and quiet. */
  checkQuiet(): void;
}

export function watchService(world: SimulatedBrowser, calls: Calls): ServiceCheck {
  /** Who wrote that a session is over, when it had not been ended yet. */
  const undertakers = new Map<ServiceSession, { readonly page: Page; readonly at: number }>();
  const live = (): readonly ServiceSession[] =>
    world.network.sessions.filter(({ state, established }) => established && state === 'live');

  const hasClosed = (page: Page): boolean =>
    world.participants.some((one) => one.page === page && calls.hasClosed(one.coordinator));

  world.machine.watchers.push({
    onCommit({ page, before, after }) {
      const [old, now] = [parsed(before), parsed(after)];
      if (typeof old !== 'object' || typeof now !== 'object' || old.phase === 'idle') return;
      if (now.phase !== 'idle' && now.phase !== 'connecting') return;
      // What began under an earlier epoch is not this record's.
      for (const session of live()) if (session.epoch >= old.origin) undertakers.set(session, { page, at: world.now });
    },
    onDriver({ page, call, session }) {
      // One that was let go of is lost from when its move fails.
      if (call !== 'resume' || !session || session.lostAt === null || session.isReleased) return;
      // Nobody stored that it is active: the far end took it for the one that was meant.
      if (!session.established) return;
      // It may have been granted before it fell asleep. And windows are measured by clocks that step.
      if (page.awakeSince > session.lostAt || world.tabs.some(({ clockOffsetMs }) => clockOffsetMs !== 0)) return;
      // Whoever insists gets what a silent host had: it may be stopped, and its session live.
      if (calls.pending.some((one) => one.page === page && one.name === 'takeOver by force')) return;
      const { delayTransactions, failTransactions, blockingTransactions } = world.faults;
      const isSlow = delayTransactions + failTransactions > 0 || blockingTransactions;
      const { lostAt } = session;
      const hasSlept = world.participants.some(
        ({ page: { awakeSince } }) => Number.isFinite(awakeSince) && awakeSince > lostAt,
      );
      const lateMs = (isSlow ? LATE_FOR_STORE_MS : LATE_MS) + (hasSlept ? SHORT_SLEEP_MS : 0);
      const lostForMs = world.now - lostAt;
      if (lostForMs <= WINDOW_MS + lateMs) return;
      world.violate(`stale: ${page.name} resumes ${session.id}, lost ${Math.round(lostForMs / 1_000)} s ago`);
    },
  });

  return {
    checkQuiet() {
      if (world.machine.forked) return;
      for (const session of live()) {
        const undertaker = undertakers.get(session);
        if (undertaker && diedOverIt(undertaker, hasClosed(undertaker.page))) continue;
        world.violate(`orphan: ${session.id} is still live at the service, and nobody is left to end it`);
      }
    },
  };
}

/** It wrote that the session is over, and was gone before it could tell the service. Who closed its coordinator waits for its driver first. */
function diedOverIt({ page, at }: { readonly page: Page; readonly at: number }, hasClosed: boolean): boolean {
  const doneAfterMs = hasClosed ? CONNECT_TIMEOUT_MS + DONE_AFTER_MS : DONE_AFTER_MS;
  return page.gone && (page.goneAt - at < doneAfterMs || page.awakeSince > at);
}
