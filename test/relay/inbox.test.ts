import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inbox } from '../../src/relay/inbox';
import type { JournalEntry } from '../../src/session/events';
import type { SessionRecord } from '../../src/session/record';
import { HOST, notes, recordIn } from '../support/records';

/** An inbox and what it delivered, as `epoch:seq` and, where events were lost, ` missed n`. */
function inboxAt(seq?: number, epoch = 3) {
  const delivered: string[] = [];
  const warnings: unknown[] = [];
  const inbox = new Inbox({
    deliver: (entry, missed) => delivered.push(`${entry.epoch}:${entry.seq}${missed ? ` missed ${missed}` : ''}`),
    warn: (_, detail) => warnings.push(detail),
  });
  if (seq !== undefined) inbox.reconcile(record(seq, epoch), []);
  return { inbox, delivered, warnings };
}

function record(seq: number, epoch = 3): SessionRecord {
  return recordIn('active', { seq, epoch });
}

/** Events `from` to `to`. */
function events(from: number, to = from, epoch = 3): JournalEntry[] {
  return notes(to - from + 1, { epoch, seq: from - 1 });
}

const OFFER = HOST.term;

describe('events that come over the channel', () => {
  test('are delivered at once while they come in order', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(8, 9), OFFER, record(7));
    inbox.offer(events(10), OFFER, record(7));
    expect(delivered).toEqual(['3:8', '3:9', '3:10']);
    expect(inbox.isWaiting).toBe(false);
  });

  test('are delivered once, however often they come', () => {
    const { inbox, delivered } = inboxAt(7);
    for (let time = 0; time < 3; time++) inbox.offer(events(8, 9), OFFER, record(7));
    inbox.reconcile(record(9), events(1, 9));
    expect(delivered).toEqual(['3:8', '3:9']);
  });

  test('wait for those before them, and are delivered in order once the journal has filled the gap', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(10, 11), OFFER, record(7));
    expect(delivered).toEqual([]);
    expect(inbox.isWaiting).toBe(true);
    inbox.reconcile(record(9), events(8, 9));
    expect(delivered).toEqual(['3:8', '3:9', '3:10', '3:11']);
    expect(inbox.isWaiting).toBe(false);
  });

  test('that were held are put in order, though they came the other way round', () => {
    const { inbox, delivered } = inboxAt(7);
    for (const seq of [11, 9, 10]) inbox.offer(events(seq), OFFER, record(7));
    inbox.reconcile(record(8), events(8));
    expect(delivered).toEqual(['3:8', '3:9', '3:10', '3:11']);
  });

  test('are not owed to a tab that has just come', () => {
    const { inbox, delivered } = inboxAt();
    inbox.offer(events(5), OFFER, record(4));
    inbox.reconcile(record(7), events(1, 7));
    expect(delivered).toEqual([]);
    inbox.offer(events(8), OFFER, record(7));
    expect(delivered).toEqual(['3:8']);
  });
});

describe('events that come from no host', () => {
  test.each([
    ['of a term that nobody knows', 'term-of-forger'],
    ['of no term', null],
  ])('%s are never delivered, and dropped with a warning at the next look', (_, term) => {
    const { inbox, delivered, warnings } = inboxAt(7);
    inbox.offer(events(8), term, record(7));
    inbox.reconcile(record(7), events(1, 7));
    expect(delivered).toEqual([]);
    expect(warnings).toEqual(['note']);
    expect(inbox.isWaiting).toBe(false);
  });

  test('of a fenced host are duplicates of nothing: they come too late', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(9, 4), events(8, 9, 4));
    inbox.offer(events(8, 12, 3), OFFER, record(9, 4));
    expect(delivered).toEqual(['4:8', '4:9']);
    expect(inbox.isWaiting).toBe(false);
  });

  test('do not hold up those of the host', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9, 12), 'term-of-forger', record(7));
    inbox.offer(events(8), OFFER, record(7));
    inbox.reconcile(record(8), events(8));
    inbox.offer(events(9), OFFER, record(8));
    expect(delivered).toEqual(['3:8', '3:9']);
  });

  test('of a host that this tab does not know yet wait for one look, and for no more if it never was', () => {
    const { inbox, delivered, warnings } = inboxAt(7);
    inbox.offer(events(8, 8, 9), 'term-of-next', record(7));
    inbox.reconcile(record(7), []);
    expect(inbox.isWaiting).toBe(true);
    inbox.reconcile(record(7), []);
    expect([inbox.isWaiting, delivered, warnings]).toEqual([false, [], ['note']]);
  });

  test('of a host that this tab learns of with the next look are delivered', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9, 9, 4), 'term-of-next', record(7));
    inbox.reconcile({ ...record(8, 4), term: 'term-of-next' }, events(8, 8, 4));
    expect(delivered).toEqual(['4:8', '4:9']);
  });
});

describe('a look at the journal', () => {
  test('delivers in order what this tab has missed, whatever slots it was found in', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(12), events(1, 12).reverse());
    expect(delivered).toEqual(['3:8', '3:9', '3:10', '3:11', '3:12']);
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
    inbox.offer(events(13), OFFER, record(12));
    expect(delivered).toEqual(['3:13 missed 5']);
  });

  test('counts what is missing in the middle too', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(12), [...events(8), ...events(11, 12)]);
    expect(delivered).toEqual(['3:8', '3:11 missed 2', '3:12']);
  });

  test('leaves out what is no event, and what is ahead of the record', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.reconcile(record(9), [null, 'garbage', { type: 7 }, ...events(8, 10), { ...events(9)[0], seq: -1 }]);
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
    inbox.offer(events(3, 3, 1), OFFER, record(2, 1));
    expect(delivered).toEqual(['1:3']);
  });

  test('gives a gap up that it was never told of, so that a dead host’s lost event does not silence the next ones', () => {
    const { inbox, delivered } = inboxAt(7);
    inbox.offer(events(9), OFFER, record(7));
    for (let look = 0; look < 9; look++) inbox.reconcile(record(7), []);
    expect(delivered).toEqual([]);
    inbox.reconcile(record(7), []);
    expect(delivered).toEqual(['3:9 missed 1']);
  });
});

test('a listener that makes this tab look again hears nothing twice', () => {
  const delivered: number[] = [];
  const inbox = new Inbox({
    deliver: ({ seq }) => {
      delivered.push(seq);
      inbox.reconcile(record(10), events(8, 10));
      inbox.offer(events(8, 10), OFFER, record(10));
    },
    warn: () => undefined,
  });
  inbox.reconcile(record(7), []);
  inbox.offer(events(8, 10), OFFER, record(7));
  expect(delivered).toEqual([8, 9, 10]);
});

test('whatever the channel loses, repeats and reorders: each event once, in order, as soon as the journal was read', () => {
  const parcels = fc.record({
    from: fc.integer({ min: 8, max: 40 }),
    length: fc.integer({ min: 1, max: 5 }),
    look: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(parcels, { maxLength: 30 }), (sent) => {
      const { inbox, delivered } = inboxAt(7);
      for (const { from, length, look } of sent) {
        inbox.offer(events(from, Math.min(40, from + length)), OFFER, record(7));
        if (look) inbox.reconcile(record(Math.min(40, from)), events(1, Math.min(40, from)));
      }
      inbox.reconcile(record(40), events(1, 40));
      expect(delivered).toEqual(events(8, 40).map(({ seq }) => `3:${seq}`));
    }),
  );
});
