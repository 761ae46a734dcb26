import { describe, expect, test } from 'vitest';
import type { ScopeLocks } from '../../src/election/locks';
import type { LifeProof } from '../../src/election/proof';
import { createWaits } from '../../src/election/waits';
import { blocked } from '../../src/session/reasons';
import type { SessionRecord } from '../../src/session/record';
import { fakeLedger } from '../support/fake-ledger';
import { fakeClock, flush } from '../support/fakes';
import { CALLER, HOST, NOW, RECOVERY, recordIn } from '../support/records';

interface Watch {
  readonly term: string;
  readonly signal: AbortSignal;
  readonly grant: () => void;
}

/** What one tab waits for: the caller of `recordIn`, unless it is told that it hosts. */
function setUp(
  record: SessionRecord,
  { locksWork = true, isDeaf = false, isHost = false, answers = true, random = 0 } = {},
) {
  const clock = fakeClock(NOW);
  const ledger = fakeLedger(record, clock, { watched: { lostSince: null, forMs: 0 } });
  ledger.isDeaf = isDeaf;
  const watches: Watch[] = [];
  const done: string[] = [];
  const locks: ScopeLocks = {
    work: () => locksWork,
    probe: async () => 'held',
    takeTerm: async () => null,
    takeSeat: async () => null,
    async watch(term, signal, grant) {
      watches.push({ term, signal, grant });
    },
    distrust: () => undefined,
  };
  const proof: LifeProof = {
    look: async () => undefined,
    hearGoodbye: async () => undefined,
    async challenge(term) {
      done.push(`challenge ${term}`);
      return answers ? null : { seenAt: ledger.record.seenAt };
    },
    async reap(term, { at, seenAt } = {}) {
      const seen = seenAt === undefined ? '' : `, silent since ${seenAt}`;
      done.push(`reap ${term}${at === undefined ? '' : ` at ${at - NOW}`}${seen}`);
    },
    async reapIfFree(term) {
      done.push(`reap if free ${term}`);
    },
  };
  const tabId = isHost ? HOST.tabId : CALLER.tabId;
  const waits = createWaits({
    ...{ ledger, locks, proof, clock, tabId, isPage: true, random: () => random },
    onSignDue: () => void done.push('sign of life'),
  });
  const observe = (next: SessionRecord = ledger.stored): void => {
    ledger.change(next);
    waits.observe(ledger.record);
  };
  observe(record);
  return {
    ...{ clock, ledger, waits, watches, done, observe },
    /** The terms whose lock is waited for. */
    waitedFor: () => watches.filter(({ signal }) => !signal.aborted).map(({ term }) => term),
    looks: () => ledger.done.filter((what) => what === 'refresh').length,
  };
}

describe('an idle scope', () => {
  test('is waited for with nothing at all', async () => {
    const { clock, watches, looks } = setUp(recordIn('idle'));
    expect([clock.pending, watches]).toEqual([0, []]);
    await clock.advance(3_600_000);
    expect(looks()).toBe(0);
  });

  test('is looked at now and then where nobody could tell that a session begins', async () => {
    const { clock, looks } = setUp(recordIn('idle'), { isDeaf: true });
    await clock.advance(45_000);
    expect(looks()).toBe(3);
  });

  test('that a session became is waited for no more', async () => {
    const { clock, waitedFor, observe } = setUp(recordIn('active'));
    observe(recordIn('idle'));
    expect([clock.pending, waitedFor()]).toEqual([0, []]);
  });
});

describe('the lock of the host', () => {
  test('is waited for once, however often the record is seen', () => {
    const { watches, observe } = setUp(recordIn('active'));
    for (const asked of [1, 2, 3]) observe(recordIn('active', { asked }));
    expect(watches.map(({ term }) => term)).toEqual([HOST.term]);
  });

  test('tells when the host is gone: from then on the session is lost', async () => {
    const { clock, watches, done } = setUp(recordIn('active'));
    await clock.advance(700);
    watches[0]?.grant();
    expect(done).toEqual([`reap ${HOST.term} at 700`]);
  });

  test('that was free at once says nothing of when the host died: the record knows better', () => {
    const { watches, done } = setUp(recordIn('active'));
    watches[0]?.grant();
    expect(done).toEqual([`reap ${HOST.term}`]);
  });

  test('of a term that is over is waited for no more: a queue that never empties would grow', () => {
    const { waitedFor, observe } = setUp(recordIn('active'));
    observe(recordIn('active', { term: 'term-of-next', epoch: 4 }));
    expect(waitedFor()).toEqual(['term-of-next']);
    observe(recordIn('recovering', { epoch: 5 }));
    expect(waitedFor()).toEqual([]);
  });

  test.each<[string, Parameters<typeof setUp>]>([
    ['by the host itself', [recordIn('active'), { isHost: true }]],
    ['where the host holds none', [recordIn('active', { proof: 'answer' })]],
    ['where this tab can’t trust its own', [recordIn('active'), { locksWork: false }]],
    ['while no tab has the session', [recordIn('recovering')]],
  ])('is not waited for %s', (_, given) => {
    expect(setUp(...given).watches).toEqual([]);
  });

  test('is waited for from when the host holds one', () => {
    const { waitedFor, observe } = setUp(recordIn('active', { proof: 'answer' }));
    observe(recordIn('active'));
    expect(waitedFor()).toEqual([HOST.term]);
    observe(recordIn('active', { proof: 'answer' }));
    expect(waitedFor()).toEqual([]);
  });
});

describe('the end of a recovery window', () => {
  test('is waited for, and asked for when it comes', async () => {
    const { clock, ledger } = setUp(recordIn('recovering'));
    const left = RECOVERY.windowMs - 5_000;
    await clock.advance(left - 1);
    expect(ledger.commands).toEqual([]);
    await clock.advance(1);
    expect(ledger.commands).toEqual([{ type: 'look' }]);
    expect(ledger.record.phase).toBe('idle');
  });

  test('that is over already is asked for at once, and not in this very turn', async () => {
    const { clock, ledger } = setUp(recordIn('recovering', { lostSince: 0 }));
    expect(ledger.commands).toEqual([]);
    await clock.advance(1);
    expect(ledger.commands).toEqual([{ type: 'look' }]);
  });

  test('is not waited for once a tab goes on with the session', async () => {
    const { clock, ledger, observe } = setUp(recordIn('recovering'));
    observe(recordIn('connecting again'));
    await clock.advance(RECOVERY.windowMs);
    expect(ledger.commands).toEqual([]);
  });

  test('begins anew with another loss', async () => {
    const { clock, ledger, observe } = setUp(recordIn('recovering'));
    await clock.advance(60_000);
    observe(recordIn('recovering', { lostSince: NOW + 60_000 }));
    await clock.advance(RECOVERY.windowMs - 1);
    expect(ledger.commands).toEqual([]);
    await clock.advance(1);
    expect(ledger.commands).toEqual([{ type: 'look' }]);
  });

  test('that could not be written, because the store is blocked, is nobody’s error', async () => {
    const { clock, ledger } = setUp(recordIn('recovering', { lostSince: 0 }));
    ledger.before = () => Promise.reject(blocked(new DOMException('blocked', 'TimeoutError')));
    await clock.advance(1);
    expect(ledger.commands).toHaveLength(1);
  });
});

describe('a sign of life', () => {
  test('is due a minute after the last thing that the host wrote', async () => {
    const { clock, done, observe } = setUp(recordIn('active', { seenAt: NOW }), { isHost: true });
    await clock.advance(59_999);
    observe(recordIn('active', { seenAt: NOW + 59_999 }));
    await clock.advance(59_999);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(done).toEqual(['sign of life']);
  });

  test('is nobody’s but the host’s', async () => {
    const { clock, done } = setUp(recordIn('active', { seenAt: NOW }));
    await clock.advance(600_000);
    expect(done).not.toContain('sign of life');
  });
});

describe('the next look', () => {
  test('comes every 15 seconds while there is a session, in case every message was lost', async () => {
    const { clock, looks, done } = setUp(recordIn('active'));
    await clock.advance(14_999);
    expect(looks()).toBe(0);
    await clock.advance(1);
    expect(looks()).toBe(1);
    // The wait for its lock may have been lost, as a message may.
    expect(done).toEqual([`reap if free ${HOST.term}`]);
    await clock.advance(30_000);
    expect(looks()).toBe(3);
  });

  test('of a host with a channel comes as rarely, and proves nothing to itself', async () => {
    const { clock, looks, done } = setUp(recordIn('active', { seenAt: NOW }), { isHost: true });
    await clock.advance(30_000);
    expect([looks(), done]).toEqual([2, []]);
  });

  test('of a host that nobody can call comes every second: others tolerate three of silence', async () => {
    const { clock, looks } = setUp(recordIn('active'), { isHost: true, isDeaf: true });
    await clock.advance(5_000);
    expect(looks()).toBe(5);
  });

  test('waits no sooner because the record is seen in between', async () => {
    const { clock, looks, observe } = setUp(recordIn('active'));
    for (let at = 0; at < 15_000; at += 1_000) {
      observe(recordIn('active', { asked: at }));
      await clock.advance(1_000);
    }
    expect(looks()).toBe(1);
  });
});

describe('a host that no lock speaks for', () => {
  test.each<[string, Parameters<typeof setUp>[0], Parameters<typeof setUp>[1]]>([
    ['because it has none', recordIn('active', { proof: 'answer' }), {}],
    ['because this tab can’t trust its own', recordIn('active'), { locksWork: false }],
  ])('is asked after four seconds in which it wrote nothing: %s', async (_, record, options) => {
    const { clock, done } = setUp(record, options);
    const asked = `challenge ${HOST.term}`;
    await clock.advance(3_999);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(done).toEqual([asked]);
    await clock.advance(4_000);
    expect(done).toEqual([asked, asked]);
  });

  test('is not asked while it writes: each sign of life begins the wait anew', async () => {
    const { clock, done, looks, observe } = setUp(recordIn('active', { proof: 'answer' }));
    for (let at = 0; at < 30_000; at += 3_000) {
      observe(recordIn('active', { proof: 'answer', seenAt: NOW + at }));
      await clock.advance(3_000);
    }
    expect([done, looks()]).toEqual([[], 0]);
  });

  test('is not asked if it wrote what no message told: the look finds it', async () => {
    const { clock, ledger, done } = setUp(recordIn('active', { proof: 'answer' }));
    ledger.stored = recordIn('active', { proof: 'answer', seenAt: NOW + 2_000 });
    await clock.advance(4_000);
    expect(done).toEqual([]);
    await clock.advance(4_000);
    expect(done).toEqual([`challenge ${HOST.term}`]);
  });

  test('is asked by one tab and not by a hundred at once: each draws its own wait', async () => {
    const { clock, done } = setUp(recordIn('active', { proof: 'answer' }), { random: 0.8 });
    await clock.advance(3_199);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(done).toEqual([`challenge ${HOST.term}`]);
  });

  test('is lost if it does not answer', async () => {
    const { clock, ledger, done } = setUp(recordIn('active', { proof: 'answer' }), { answers: false });
    await clock.advance(4_000);
    expect(done).toEqual([`challenge ${HOST.term}`, `reap ${HOST.term}, silent since ${ledger.record.seenAt}`]);
  });
});

describe('a page that is left', () => {
  test('waits for nothing, whatever it still sees', async () => {
    const { clock, waits, waitedFor, observe, done, looks } = setUp(recordIn('active'));
    waits.sleep();
    expect([clock.pending, waitedFor()]).toEqual([0, []]);
    observe(recordIn('active', { term: 'term-of-next', epoch: 4 }));
    waits.keepTimer('own', 'reason', 10, () => done.push('own'));
    await clock.advance(600_000);
    expect([clock.pending, waitedFor(), done, looks()]).toEqual([0, [], [], 0]);
  });

  test('waits again for what the record says when it is back', () => {
    const { clock, waits, waitedFor, observe } = setUp(recordIn('active'));
    waits.sleep();
    waits.wake();
    observe(recordIn('active'));
    expect([waitedFor(), clock.pending]).toEqual([[HOST.term], 1]);
  });

  test('does not go on with a look that was under way when it was left', async () => {
    const { clock, ledger, waits, looks } = setUp(recordIn('active'));
    const { refresh } = ledger;
    ledger.refresh = async () => {
      waits.sleep();
      await refresh();
    };
    await clock.advance(15_000);
    await flush();
    expect([looks(), clock.pending]).toEqual([1, 0]);
  });
});

describe('a wait with a name', () => {
  function keeping() {
    const { clock, waits, done } = setUp(recordIn('idle'));
    const keep = (reason: unknown, ms = 100): void =>
      waits.keepTimer('own', reason, ms, () => void done.push(String(reason)));
    return { clock, keep, done };
  }

  test('begins with its reason, and is not put off while that stays', async () => {
    const { clock, keep, done } = keeping();
    keep('a');
    await clock.advance(60);
    keep('a');
    await clock.advance(40);
    expect(done).toEqual(['a']);
  });

  test('stops when its reason goes away', async () => {
    const { clock, keep, done } = keeping();
    keep('a');
    keep(null);
    expect(clock.pending).toBe(0);
    await clock.advance(1_000);
    expect(done).toEqual([]);
  });

  test('begins anew with another reason', async () => {
    const { clock, keep, done } = keeping();
    keep('a');
    await clock.advance(60);
    keep('b');
    expect(clock.pending).toBe(1);
    await clock.advance(99);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(done).toEqual(['b']);
  });

  test('may begin anew for the same reason once it is over', async () => {
    const { clock, keep, done } = keeping();
    keep('a');
    await clock.advance(100);
    keep('a');
    await clock.advance(100);
    expect(done).toEqual(['a', 'a']);
  });

  test('begins anew for a reason that came back', async () => {
    const { clock, keep, done } = keeping();
    keep('a');
    await clock.advance(60);
    keep(null);
    keep('a');
    await clock.advance(99);
    expect(done).toEqual([]);
  });
});
