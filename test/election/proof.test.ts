import { describe, expect, test } from 'vitest';
import type { ScopeLocks } from '../../src/election/locks';
import { AGREE_MS, lifeProof, SILENCE_MS } from '../../src/election/proof';
import type { SessionRecord } from '../../src/session/record';
import { fakeLedger } from '../support/fake-ledger';
import { fakeClock, flush } from '../support/fakes';
import { BEFORE, HOST, NOW, recordIn, reportOf } from '../support/records';
import { deferred, follow } from '../support/world';

type Life = 'held' | 'free' | 'unknown';

function setUp(record: SessionRecord, life: Life | (() => Promise<Life>) = 'held', { locksWork = true } = {}) {
  const clock = fakeClock();
  const ledger = fakeLedger(record, clock, { proof: record.proof });
  const probed: string[] = [];
  const locks: ScopeLocks = {
    work: () => locksWork,
    probe(term) {
      probed.push(term);
      return typeof life === 'function' ? life() : Promise.resolve(life);
    },
    takeTerm: async () => null,
    takeSeat: async () => null,
    watch: async () => undefined,
    distrust: () => undefined,
  };
  const proof = lifeProof({ ledger, locks, clock });
  const types = (): string[] => ledger.commands.map(({ type }) => type);
  return { clock, ledger, locks, proof, probed, types };
}

const byAnswer = { proof: 'answer' } as const;

describe('a look', () => {
  test('sees the record and the held lock of its host at the same time, and changes nothing', async () => {
    const read = deferred<Life>();
    const { ledger, proof, probed, types } = setUp(recordIn('active'), () => read.promise);
    const look = follow(proof.look(undefined));
    await flush();
    expect([ledger.done, probed]).toEqual([['peek'], [HOST.term]]);
    read.resolve('held');
    await flush();
    expect([look.outcome, types()]).toEqual(['done', []]);
  });

  test('at a scope without a host needs no proof', async () => {
    const { proof, probed, types, ledger } = setUp(recordIn('recovering'));
    await proof.look(undefined);
    expect([probed, types(), ledger.done]).toEqual([[], [], ['peek']]);
  });

  test('ends the term of a host whose lock is free', async () => {
    const { ledger, proof } = setUp(recordIn('active'), 'free');
    await proof.look(undefined);
    expect(ledger.commands).toEqual([{ type: 'lost', term: HOST.term, at: undefined }]);
    expect(ledger.record).toMatchObject({ phase: 'recovering', term: null });
  });

  test('does not end the term of a host that answers as this tab gives up waiting for it', async () => {
    const { clock, ledger, proof } = setUp(recordIn('active', byAnswer));
    ledger.before = ({ type }) => {
      if (type === 'lost')
        ledger.stored = { ...ledger.stored, answered: ledger.stored.asked, seenAt: NOW + SILENCE_MS };
    };
    follow(proof.look(undefined));
    await clock.advance(SILENCE_MS);
    await flush();
    expect(ledger.record).toMatchObject({ phase: 'active', term: HOST.term });
  });

  test('takes no other host for dead: a term that came meanwhile needs a proof of its own', async () => {
    const answers: Life[] = ['free', 'held'];
    const { ledger, proof, probed, types } = setUp(recordIn('active'), async () => {
      // The session moved after the lock was asked for.
      if (answers.length === 2) ledger.stored = { ...recordIn('active'), term: 'term-of-next', epoch: 4, revision: 12 };
      return answers.shift() ?? 'held';
    });
    await proof.look(undefined);
    expect([probed, types()]).toEqual([[HOST.term, 'term-of-next'], []]);
    expect(ledger.record.term).toBe('term-of-next');
  });

  test('proves again what was written since the lock was asked for: the host may have died after that', async () => {
    const answers: Life[] = ['held', 'free'];
    const { ledger, proof, probed } = setUp(recordIn('connecting'), async () => {
      if (answers.length === 2) ledger.stored = recordIn('active', { revision: 12 });
      return answers.shift() ?? 'held';
    });
    await proof.look(undefined);
    expect([probed.length, ledger.record.phase]).toEqual([2, 'recovering']);
  });

  test('of a call that read the record after it began only proves that the host lives, once', async () => {
    const { ledger, proof, probed } = setUp(recordIn('connecting'), async () => {
      ledger.change({});
      return 'held';
    });
    await proof.look(undefined, undefined, true);
    expect([ledger.done, probed.length]).toEqual([[], 1]);
  });

  test('of such a call ends the term of a host that is dead as well', async () => {
    const { ledger, proof } = setUp(recordIn('connecting'), 'free');
    await proof.look(undefined, undefined, true);
    expect(ledger.record.phase).toBe('idle');
  });

  test('proves no more than twice, however much the host writes', async () => {
    const { ledger, proof, probed } = setUp(recordIn('active'), async () => {
      ledger.change({});
      return 'held';
    });
    await proof.look(undefined);
    expect(probed).toHaveLength(2);
  });

  test('that was given up ends nobody’s term', async () => {
    const control = new AbortController();
    control.abort();
    const { proof, ledger } = setUp(recordIn('active'), 'free');
    await proof.look(control.signal);
    expect(ledger.commands).toEqual([]);
  });
});

describe('a host that no lock speaks for', () => {
  test.each<[string, Partial<SessionRecord>, Life]>([
    ['because this tab can’t trust its locks', {}, 'unknown'],
    ['because it can’t trust its own: a free lock proves nothing', byAnswer, 'free'],
  ])('is asked, %s, and lives if it writes an answer', async (_, change, life) => {
    const { ledger, proof, types } = setUp(recordIn('active', change), life);
    const look = follow(proof.look(undefined));
    await flush();
    expect(types()).toEqual(['ask']);
    // As the host does: each question is answered.
    for (let turn = 0; turn < 5 && ledger.record.answered < ledger.record.asked; turn += 1) {
      await ledger.transact(reportOf({ type: 'here' }));
      await flush();
    }
    expect([look.outcome, ledger.record.phase]).toEqual(['done', 'active']);
  });

  test('and that says how its life is proven is not asked for its lock', async () => {
    const { proof, probed } = setUp(recordIn('active', byAnswer), 'held');
    follow(proof.look(undefined));
    await flush();
    expect(probed).toEqual([]);
  });

  test('is not asked twice by a call that asks it itself', async () => {
    const { proof, types } = setUp(recordIn('active', byAnswer), 'unknown');
    await proof.look(undefined, () => true);
    expect(types()).toEqual([]);
  });

  test('is lost after three seconds of silence, and not before', async () => {
    const { clock, proof, types } = setUp(recordIn('active', byAnswer));
    const look = follow(proof.look(undefined));
    await clock.advance(SILENCE_MS - 1);
    expect([look.outcome, types()]).toEqual(['pending', ['ask']]);
    await clock.advance(1);
    expect([look.outcome, types()]).toEqual(['done', ['ask', 'lost']]);
  });

  test('is not lost by silence if its term ended meanwhile by its own doing', async () => {
    const { clock, ledger, proof } = setUp(recordIn('active', byAnswer));
    const challenge = follow(proof.challenge(HOST.term));
    await flush();
    await ledger.transact(reportOf({ type: 'ended', reason: 'x' }));
    await clock.advance(SILENCE_MS);
    expect(challenge.value).toBe(null);
  });

  test('lives only by an answer to this question: an older one proves nothing', async () => {
    const { clock, ledger, proof } = setUp(recordIn('active', { ...byAnswer, asked: 4, answered: 4 }));
    const challenge = follow(proof.challenge(HOST.term));
    await flush();
    expect([ledger.record.asked, challenge.outcome]).toEqual([5, 'pending']);
    await clock.advance(SILENCE_MS);
    expect(challenge.value).toEqual({ seenAt: ledger.record.seenAt });
  });
});

describe('the end of a term', () => {
  test('is written with the time at which the host was gone, if this tab knows it', async () => {
    const { ledger, proof } = setUp(recordIn('active'));
    await proof.reap(HOST.term, { at: NOW - 100 });
    expect(ledger.commands).toEqual([{ type: 'lost', term: HOST.term, at: NOW - 100 }]);
    expect(ledger.record.lostSince).toBe(NOW - 100);
  });

  test('waits a moment for the news where no store says that the session moved', async () => {
    const { clock, ledger, proof, types } = setUp(recordIn('active', { isStored: false }));
    const reap = follow(proof.reap(HOST.term));
    await clock.advance(AGREE_MS - 1);
    expect(types()).toEqual([]);
    ledger.change({ term: 'term-of-next', epoch: 4 });
    await flush();
    expect([reap.outcome, ledger.record.term]).toEqual(['done', 'term-of-next']);
  });

  test('does not wait where the store says so', async () => {
    const { proof, types, clock } = setUp(recordIn('active'));
    await proof.reap(HOST.term);
    expect([types(), clock.pending]).toEqual([['lost'], 0]);
  });

  test.each<[string, Partial<SessionRecord>, Life, readonly string[]]>([
    ['if it was claimed with a lock that is free', {}, 'free', ['lost']],
    ['not if its lock is held', {}, 'held', []],
    ['not if this tab can’t know', {}, 'unknown', []],
    ['not if it was claimed without a lock', byAnswer, 'free', []],
    ['not if another term has come', { term: 'term-of-next' }, 'free', []],
  ])('comes with a free lock: %s', async (_, change, life, expected) => {
    const { proof, types } = setUp(recordIn('active', change), life);
    await proof.reapIfFree(HOST.term);
    expect(types()).toEqual(expected);
  });
});

describe('a host that says goodbye', () => {
  test.each<[string, Partial<SessionRecord>, Life, boolean, boolean]>([
    ['is left to its lock, for which this tab waits: anybody can say goodbye', {}, 'held', true, false],
    ['is left to its lock, also if that is free: one proof is enough', {}, 'free', true, false],
    ['is believed where this tab has no locks', {}, 'unknown', false, true],
    ['is believed where it has none', byAnswer, 'free', true, true],
    ['of another term is not heard', { term: 'term-of-next' }, 'free', true, false],
  ])('%s', async (_, change, life, locksWork, isGone) => {
    const { clock, ledger, proof } = setUp(recordIn('active', change), life, { locksWork });
    await clock.advance(700);
    await proof.hearGoodbye(HOST.term);
    expect(ledger.record.term === null).toBe(isGone);
    // It lived until now, whenever it wrote last.
    if (isGone) expect(ledger.record.lostSince).toBe(clock.now());
    expect(clock.now()).toBeGreaterThan(BEFORE);
  });
});
