/**
 * The tabs of a scope, as one of them can know them: a lane for each.
 *
 * A lane is named by its tab's id, or, while only a lock of it was seen, by the id of the document in the list of locks. When both
 * are known to be one tab, its lanes become one.
 */
import type { Phase } from '../session/record';
import type { Presence } from './peers';

/** What the timeline shows. */
export const SHOWN_MS = 60_000;

/** A panel that is asked every two seconds and has not answered for this long does not answer. */
const SILENT_MS = 6_000;

export interface Span {
  readonly phase: Phase;
  readonly isHost: boolean;
  readonly from: number;
  to: number | null;
}

export interface Lane {
  readonly id: string;
  tabId: string | null;
  clientId: string | null;
  /** The last sign of this tab, whatever it was. */
  heardAt: number;
  /** When it was gone: it said so, or it was the host and is lost. */
  goneAt: number | null;
  /** What its panel said last, and when. */
  presence: Presence | null;
  answeredAt: number;
  readonly spans: Span[];
}

/** How it is known that a tab is there, as it is shown. */
type Sign =
  | 'this tab'
  | 'has a panel'
  | 'its panel does not answer'
  | 'seen by its lock'
  | 'named by the record'
  | 'overheard'
  | 'gone';

export function createLanes(ownTabId: string, now: () => number) {
  const lanes = new Map<string, Lane>();
  /** The documents that hold or wait for a lock of the scope. */
  let locking: ReadonlySet<string> = new Set();
  let hostTabId: string | null = null;

  function laneOf(id: string, names: Pick<Lane, 'tabId' | 'clientId'>): Lane {
    const known = lanes.get(id);
    if (known) return known;
    const nothing = { goneAt: null, presence: null, answeredAt: 0, spans: [] };
    const lane: Lane = { id, ...names, heardAt: now(), ...nothing };
    lanes.set(id, lane);
    return lane;
  }

  /** The lane of a tab that somebody else spoke of. */
  const know = (tabId: string): Lane => laneOf(tabId, { tabId, clientId: null });

  /** The lane of a tab that gave a sign at `at`. */
  function heard(tabId: string, at = now()): Lane {
    const isNew = !lanes.has(tabId);
    const lane = know(tabId);
    if (isNew) lane.heardAt = at;
    lane.heardAt = Math.max(lane.heardAt, at);
    if (lane.goneAt !== null && at > lane.goneAt) lane.goneAt = null;
    return lane;
  }

  function gone(tabId: string): void {
    const lane = lanes.get(tabId);
    if (!lane || tabId === ownTabId) return;
    lane.goneAt = now();
    lane.presence = null;
    endSpan(lane, lane.goneAt);
  }

  function sign(lane: Lane): Sign {
    const { tabId, clientId, goneAt, presence, answeredAt } = lane;
    if (tabId === ownTabId) return 'this tab';
    if (goneAt !== null) return 'gone';
    if (presence && now() - answeredAt < SILENT_MS) return 'has a panel';
    if (clientId !== null && locking.has(clientId)) return 'seen by its lock';
    if (tabId !== null && tabId === hostTabId) return 'named by the record';
    if (presence) return 'its panel does not answer';
    return tabId === null ? 'gone' : 'overheard';
  }

  return {
    know,
    heard,
    /** What the tab's own panel says. */
    answered(presence: Presence): void {
      const lane = heard(presence.tabId);
      lane.presence = presence;
      lane.answeredAt = lane.heardAt;
    },
    gone,
    sign,
    /** Says which document a tab is, as was seen at `at`: what was asked for before the tab was gone may come after that. */
    identify(tabId: string, clientId: string, at?: number): void {
      const unnamed = lanes.get(clientId);
      lanes.delete(clientId);
      const lane = heard(tabId, at);
      lane.clientId = clientId;
      if (unnamed && lane.spans.length === 0) lane.spans.push(...unnamed.spans);
    },
    lock(clientIds: readonly string[]): void {
      locking = new Set(clientIds);
      for (const clientId of locking) {
        const known = [...lanes.values()].find((lane) => lane.clientId === clientId);
        const lane = known ?? laneOf(clientId, { tabId: null, clientId });
        lane.heardAt = now();
      }
    },
    host(tabId: string | null): void {
      hostTabId = tabId;
    },
    /** What every tab does now, unless its own panel says otherwise. */
    observe(phase: Phase, since: number): void {
      for (const lane of lanes.values()) {
        const { tabId, presence } = lane;
        const seen = sign(lane);
        if (seen === 'gone' || seen === 'its panel does not answer') endSpan(lane, lane.goneAt ?? now());
        else if (seen === 'has a panel' && presence) setSpan(lane, presence.phase, presence.isHost, now());
        else setSpan(lane, phase, tabId !== null && tabId === hostTabId, since);
      }
    },
    /** Forgets what has left the picture. */
    forget(): void {
      const first = now() - SHOWN_MS;
      for (const lane of lanes.values()) {
        const old = lane.spans.findIndex(({ to }) => to === null || to > first);
        lane.spans.splice(0, old < 0 ? lane.spans.length : old);
        const seen = sign(lane);
        const isStale = (seen === 'its panel does not answer' || seen === 'overheard') && lane.heardAt < first;
        if (isStale || (seen === 'gone' && lane.spans.length === 0)) lanes.delete(lane.id);
      }
    },
    /** This tab first, then in the order in which they were found. */
    list: (): Lane[] => [...lanes.values()],
  };
}

function endSpan(lane: Lane, at: number): void {
  const span = lane.spans[lane.spans.length - 1];
  if (span?.to === null) span.to = Math.max(at, span.from);
}

function setSpan(lane: Lane, phase: Phase, isHost: boolean, since: number): void {
  const last = lane.spans[lane.spans.length - 1];
  if (last?.to === null && last.phase === phase && last.isHost === isHost) return;
  const from = last ? Math.max(since, last.from) : since;
  endSpan(lane, from);
  lane.spans.push({ phase, isHost, from, to: null });
}
