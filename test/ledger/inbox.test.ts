import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInbox } from '../../src/ledger/inbox';
import type { JournalEntry, Position } from '../../src/session/events';
import { notes } from '../support/records';

/** An inbox and what it delivered, as `epoch:seq` and, where events were lost, ` missed n`. */
function inboxAt(seq?: number, epoch = 3) {
  const delivered: string[] = [];
  const inbox = createInbox((entry, missed) =>
    delivered.push(`${entry.epoch}:${entry.seq}${missed ? ` missed ${missed}` : ''}`),
  );
  if (seq !== undefined) inbox.begin(record(seq, epoch));
  return { inbox, delivered };
}

function record(seq: number, epoch = 3): Position {
  return { seq, epoch };
}

/** Events `from` to `to`. */
function events(from: number, to = from, epoch = 3): JournalEntry[] {
  return notes(to - from + 1, { epoch, seq: from - 1 });
}

/** They come from the host that this tab knows. */
const isHost = (): boolean => true;
/** They come from anybody else. */
const isStranger = (): boolean => false;

describe('events that come over the channel', () => {
  test('are delivered at once while they come in order', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8, 9), isHost);
    inbox.offer(events(10), isHost);
    expect(delivered).toEqual(['3:8', '3:9', '3:10']);
    expect(inbox.isWaiting()).toBe(false);
  });

  test('are delivered once, however often they come', () => {
    const { inbox, delivered } = inboxAt(7);
    for (let time = 0; time < 3; time++) inbox.offer(events(8, 9), isHost);
    inbox.reconcile(record(9), events(1, 9));
    expect(delivered).toEqual(['3:8', '3:9']);
  });

  test('are not delivered before those that came first, and are found with them in the journal', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(10, 11), isHost);
    expect(delivered).toEqual([]);
    expect(inbox.isWaiting()).toBe(true);
    inbox.reconcile(record(11), events(8, 11));
    expect(delivered).toEqual(['3:8', '3:9', '3:10', '3:11']);
    expect(inbox.isWaiting()).toBe(false);
  });

  test('that came the other way round are delivered in order', () => {
    const { inbox, delivered } = inboxAt(7);
    for (const seq of [11, 9, 10]) inbox.offer(events(seq), isHost);
    inbox.reconcile(record(11), events(8, 11));
    expect(delivered).toEqual(['3:8', '3:9', '3:10', '3:11']);
  });

  test('are waited for until the last of them was found', () => {
    const { inbox } = inboxAt(7);
    inbox.offer(events(11), isHost);
    inbox.offer(events(9), isHost);
    inbox.reconcile(record(9), events(8, 9));
    expect(inbox.isWaiting()).toBe(true);
    inbox.reconcile(record(11), events(8, 11));
    expect(inbox.isWaiting()).toBe(false);
  });

  test('go on at once where the gap before them was filled meanwhile', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9), isHost);
    inbox.offer(events(8, 9), isHost);
    expect(delivered).toEqual(['3:8', '3:9']);
  });

  test('before the record of their epoch are delivered with it, also where nothing else has them', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8, 10, 4), isStranger);
    inbox.reconcile(record(7), []);
    inbox.reconcile(record(9, 4), []);
    expect(delivered).toEqual(['4:8', '4:9']);
    expect(inbox.isWaiting()).toBe(true);
    inbox.reconcile(record(10, 4), []);
    expect(delivered).toEqual(['4:8', '4:9', '4:10']);
    expect(inbox.isWaiting()).toBe(false);
  });

  test('under another epoch than the record’s are a fenced host’s: what has their numbers is missing', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8, 8, 4), isStranger);
    inbox.reconcile(record(9, 5), []);
    inbox.offer(events(10, 10, 5), isHost);
    expect(delivered).toEqual(['5:10 missed 2']);
  });

  test('are not owed to a tab that has just come', () => {
    const { inbox, delivered } = inboxAt();
    inbox.offer(events(5), isHost);
    inbox.reconcile(record(7), events(1, 7));
    expect(delivered).toEqual([]);
    expect(inbox.isWaiting()).toBe(false);
    inbox.offer(events(8), isHost);
    expect(delivered).toEqual(['3:8']);
  });

  test('of a new epoch are delivered at once if theirs is the next number: all numbers of the scope are one row', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8, 8, 4), (epoch) => epoch === 4);
    inbox.reconcile(record(8, 4), events(8, 8, 4));
    expect(delivered).toEqual(['4:8']);
    expect(inbox.isWaiting()).toBe(false);
  });

  test('of a new epoch are looked up if one before them is missing', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9, 9, 4), (epoch) => epoch === 4);
    expect(delivered).toEqual([]);
    expect(inbox.isWaiting()).toBe(true);
    inbox.reconcile(record(9, 4), events(8, 9, 4));
    expect(delivered).toEqual(['4:8', '4:9']);
  });
});

describe('events that come from no host', () => {
  test('are never delivered, and looked up like any other', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8), isStranger);
    expect(delivered).toEqual([]);
    expect(inbox.isWaiting()).toBe(true);
    inbox.reconcile(record(7), events(1, 7));
    expect(delivered).toEqual([]);
  });

  test('of a fenced host are duplicates of nothing: they come too late', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(9, 4), events(8, 9, 4));
    inbox.offer(events(8, 12, 3), isHost);
    expect(delivered).toEqual(['4:8', '4:9']);
    expect(inbox.isWaiting()).toBe(false);
  });

  test('do not hold up those of the host', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9, 12), isStranger);
    inbox.offer(events(8), isHost);
    inbox.reconcile(record(8), events(8));
    inbox.offer(events(9), isHost);
    expect(delivered).toEqual(['3:8', '3:9']);
  });

  test('are given up after ten looks that did not find them, and no sooner: their host may store them late', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9), isHost);
    for (let look = 0; look < 9; look++) inbox.reconcile(record(7), []);
    expect(inbox.isWaiting()).toBe(true);
    inbox.reconcile(record(7), []);
    expect(inbox.isWaiting()).toBe(false);
    expect(delivered).toEqual([]);
    // What comes next in truth is not held up by what never was.
    inbox.offer(events(8), isHost);
    expect(delivered).toEqual(['3:8']);
  });

  test('are looked for ten times anew when a later one comes', () => {
    const { inbox } = inboxAt(7);
    inbox.offer(events(9), isHost);
    for (let look = 0; look < 9; look++) inbox.reconcile(record(7), []);
    inbox.offer(events(10), isHost);
    inbox.reconcile(record(7), []);
    expect(inbox.isWaiting()).toBe(true);
  });
});

describe('a look at the journal', () => {
  test('delivers in order what this tab has missed, whatever slots it was found in', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(12), events(1, 12).reverse());
    expect(delivered).toEqual(['3:8', '3:9', '3:10', '3:11', '3:12']);
  });

  test('leaves the journal that it was given as it was', () => {
    const { inbox } = inboxAt(7);
    const journal = events(1, 12).reverse();
    const before = [...journal];
    inbox.reconcile(record(12), journal);
    expect(journal).toEqual(before);
  });

  test('delivers over several epochs', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(10, 5), [...events(10, 10, 5), ...events(8, 8), ...events(9, 9, 4)]);
    expect(delivered).toEqual(['3:8', '4:9', '5:10']);
  });

  test('says with the next event how many are lost for this tab', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(100), events(37, 100));
    expect(delivered[0]).toBe('3:37 missed 29');
    expect(delivered).toHaveLength(64);
    expect(delivered[1]).toBe('3:38');
  });

  test('says so later if nothing at all is left', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(12), []);
    expect(delivered).toEqual([]);
    inbox.offer(events(13), isHost);
    expect(delivered).toEqual(['3:13 missed 5']);
  });

  test('counts what is missing in the middle too', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(12), [...events(8), ...events(11, 12)]);
    expect(delivered).toEqual(['3:8', '3:11 missed 2', '3:12']);
  });

  test('counts every event of the next term, also one with the number of an event that a host sent and died before it stored it', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8), isHost);
    // Its term was ended: the next one begins where the store does.
    inbox.reconcile(record(7, 4), []);
    inbox.reconcile(record(9, 5), []);
    inbox.offer(events(10, 10, 6), isHost);
    expect(delivered).toEqual(['3:8', '6:10 missed 2']);
  });

  test('leaves out what is ahead of the record: a dead host may have stored half of it', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(9), events(8, 10));
    expect(delivered).toEqual(['3:8', '3:9']);
  });

  test('knows when the record is ahead of this tab', () => {
    const { inbox } = inboxAt(7);
    expect([inbox.isBehind(record(7)), inbox.isBehind(record(8)), inbox.isBehind(record(7, 4))]).toEqual([
      false,
      true,
      true,
    ]);
    expect(inboxAt().inbox.isBehind(record(8))).toBe(false);
  });

  test('begins anew after the storage was wiped, without a replay and without a loss', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(2, 1), events(1, 2, 1));
    inbox.offer(events(3, 3, 1), isHost);
    expect(delivered).toEqual(['1:3']);
  });
});

test('a listener that makes this tab look again hears nothing twice', () => {
  const delivered: number[] = [];
  const inbox = createInbox(({ seq }) => {
    delivered.push(seq);
    inbox.reconcile(record(10), events(8, 10));
    inbox.offer(events(8, 10), isHost);
  });
  inbox.begin(record(7));
  inbox.offer(events(8, 10), isHost);
  expect(delivered).toEqual([8, 9, 10]);
});

test('whatever the channel loses, repeats and reorders: each event once, in order, as soon as the journal was read', () => {
  const parcels = fc.record({
    from: fc.integer({ min: 8, max: 40 }),
    length: fc.integer({ min: 1, max: 5 }),
    look: fc.boolean(),
    fromHost: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(parcels, { maxLength: 30 }), (sent) => {
      const { inbox, delivered } = inboxAt(7);
      for (const { from, length, look, fromHost } of sent) {
        inbox.offer(events(from, Math.min(40, from + length)), () => fromHost);
        if (look) inbox.reconcile(record(Math.min(40, from)), events(1, Math.min(40, from)));
      }
      inbox.reconcile(record(40), events(1, 40));
      expect(delivered).toEqual(events(8, 40).map(({ seq }) => `3:${seq}`));
    }),
  );
});
