/**
 * One number for all states that are the same to the rules and to the shells: ids by first appearance, counters by how
 * they compare, and the tabs in any order. What is only told (numbers of events, texts, times) is left out, and so is
 * what can make no difference any more: a key that nobody can use, the name of a tab that is gone.
 */
import { type Call, isWindowOver, type State, type Tab } from './state';

export function keyOf(state: State): number {
  const rough = state.tabs.map((tab) => roughOf(state, tab));
  let best: string | undefined;
  for (const order of ordersOf(rough)) {
    const text = textOf(state, order);
    if (best === undefined || text < best) best = text;
  }
  return hashOf(best ?? '');
}

/** What distinguishes a tab without any id. */
function roughOf({ record }: State, tab: Tab): string {
  const { id, life, key, isOld, check, locks, bid, ender, host, left } = tab;
  const role = life === 'dead' ? '' : id === record.hostTabId ? 'h' : id === record.successor?.tabId ? 's' : '';
  const usable = key === record.resumeKey ? 'k' : key === record.term ? 't' : '';
  const parts = [life, role, usable, locks.length, isOld, check, left?.what];
  for (const own of [bid, ender]) if (own) parts.push(own.type, own.step, flagsOf(own));
  if (host) parts.push(host.driver, host.closing, host.isGivenUp, host.reports.join());
  return parts.join();
}

function flagsOf({ isAborted, insists, isAutomatic, hasSlept, hadSeat, isWritten }: Call): string {
  return [isAborted, insists, isAutomatic, hasSlept, hadSeat, isWritten].map(Number).join('');
}

/** The orders of the tabs that sort them roughly: more than one only where tabs look the same. */
function ordersOf(rough: readonly string[]): number[][] {
  const indexes = rough.map((_, index) => index).sort((a, b) => compare(rough[a], rough[b]));
  let orders: number[][] = [[]];
  for (let from = 0; from < indexes.length; ) {
    let to = from + 1;
    while (to < indexes.length && rough[indexes[to] ?? 0] === rough[indexes[from] ?? 0]) to += 1;
    const group = permutations(indexes.slice(from, to));
    orders = orders.flatMap((order) => group.map((part) => [...order, ...part]));
    from = to;
  }
  return orders;
}

/** The same, where it matters which tab is which. */
export function keyInOrder(state: State): number {
  return hashOf(textOf(state, [...state.tabs.keys()]));
}

function permutations(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOf(state: State, order: readonly number[]): string {
  const { record, isGone, seat, now, acted, live, orphans, commands, failed, tabs: all } = state;
  const tabs = order.map((index) => all[index]).filter((tab) => tab !== undefined);
  const terms: string[] = [];
  const term = (id: unknown): number | string => {
    if (typeof id !== 'string' || id === '') return '-';
    const at = terms.indexOf(id);
    return at < 0 ? terms.push(id) - 1 : at;
  };
  const slot = (id: string | null | undefined): number | string =>
    id ? tabs.findIndex((tab) => tab.id === id && tab.life !== 'dead') : '-';
  const origin = (number: number | null): string => (number === null ? 'any' : `${number === record.origin}`);
  const { phase, activeEpoch, attempts, asked, answered, successor, proof, seenAt, lostSince, failures, isWanted } =
    record;
  const isUsable = (key: string): boolean => key === record.resumeKey || key === record.term;
  const resumeKey = tabs.some(({ key }) => key === record.resumeKey) ? record.resumeKey : null;
  const parts: unknown[] = [phase, activeEpoch > 0, attempts, term(record.term), slot(record.hostTabId)];
  parts.push(term(resumeKey), term(successor?.term), slot(successor?.tabId), asked > answered, proof, isGone);
  if (phase !== 'idle') parts.push(now - seenAt, lostSince === null ? '-' : isWindowOver(state, record));
  parts.push(term(record.info), orphans.length);
  if (tabs.some(({ wish }) => wish)) parts.push(isWanted, failures ? failures.retryMs === null : '-');
  for (const { life, key, isCopy, check, isOld, locks, bid, ender, host, left, late, wish } of tabs) {
    parts.push('/', life, isOld, late?.reports.join() ?? '-');
    parts.push(...(isUsable(key) ? [term(key), isCopy, check] : ['-']));
    for (const own of [bid, ender]) {
      if (!own) continue;
      const isSpent = (own.granted?.epoch ?? acted + 1) <= acted;
      parts.push('c', own.type, own.step, flagsOf(own), term(own.term), term(own.host), origin(own.origin), isSpent);
      parts.push(own.isBeforeClear);
      if (own.wish)
        parts.push(
          'w',
          own.wish.stops === record.stops,
          own.wish.failures?.count === failures?.count,
          own.failed === failed,
        );
    }
    if (host) {
      const isAnswering = host.term === record.term && host.answering >= asked;
      parts.push('h', term(host.term), host.driver, host.closing, host.isGivenUp, isAnswering, host.reports.join());
      parts.push(host.hasClosedWindow, host.isBeforeClear, host.isWished, term(host.session), origin(host.origin));
    }
    if (wish)
      parts.push(
        'w',
        record.stops > wish.stops,
        (record.lastError?.seq ?? 0) > wish.seq,
        wish.isStopped,
        ...wish.enders.map(slot),
      );
    if (left) parts.push('l', left.what, term(left.term), term(left.session), origin(left.origin));
    parts.push(locks.map(term).sort().join());
  }
  for (const { caller, step, sentTo, at, isOld, ranIn, outcome } of commands)
    parts.push('m', slot(caller), step, term(sentTo), term(at), isOld, ranIn.map(term).join(), outcome);
  parts.push(term(seat), live.map(term).sort().join());
  return parts.join(' ');
}

/** 53 bits: two of a million states fall together once in ten thousand runs. */
function hashOf(text: string): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}
