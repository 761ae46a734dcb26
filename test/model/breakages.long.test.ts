/** Each rule that the model guards, broken: it must be seen, and by the way that was meant. */
import { expect, test } from 'vitest';
import type { Decision } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import type { SessionRecord, Stored } from '../../src/session/record';
import { explore } from './explore';
import { activeScene, clearedScene, copiedScene, handedOverScene, nobodyHomeScene } from './scenes';
import { initialState, type Rules, type State } from './state';

const LEAK = 'term-# was active, is over, and nobody ends it at the service';

interface Breakage {
  readonly name: string;
  readonly from: () => State;
  /** What people and machines do on the way. */
  readonly only: readonly string[];
  readonly rules: Rules;
  /** What the model says of it, with `#` for numbers. */
  readonly kind: string;
  /** A step of the way. */
  readonly by: string;
}

const BREAKAGES: readonly Breakage[] = [
  {
    name: 'without fencing, a host that was ended by force writes over the one that did',
    from: () => activeScene(2, decide),
    only: ['is stopped', 'calls end', 'wakes'],
    rules: (stored, command, facts) =>
      decide(
        stored,
        'entries' in command && isRecord(stored) ? { ...command, term: stored.term ?? '' } : command,
        facts,
      ),
    kind: 'tab # is fenced and writes settled',
    by: 'goes on without the host',
  },
  {
    name: 'a claim without a new epoch is found',
    from: () => activeScene(2, decide),
    only: ['crashes', 'calls end', 'calls start'],
    rules: (stored, command, facts) => changed(decide(stored, command, facts), { epoch: facts.known.epoch }),
    kind: 'a term begins without a new epoch',
    by: 'claims',
  },
  {
    name: 'a claim that is granted over a host is found',
    from: () => initialState(2),
    only: ['calls start'],
    rules: (stored, command, facts) =>
      decide(command.type === 'start' && isRecord(stored) ? { ...stored, phase: 'idle' } : stored, command, facts),
    kind: 'a call is granted over a host',
    by: 'start: claims',
  },
  {
    name: 'a session that is over without its host and that nobody ends at the service is found',
    from: () => activeScene(2, decide),
    only: ['crashes'],
    rules: (stored, command, facts) => ({ ...decide(stored, command, facts), orphan: undefined }),
    kind: LEAK,
    by: 'sees the window end',
  },
  {
    name: 'a tab that undoes its claim and leaves the end of the session to nobody is found',
    from: () => handedOverScene(2, decide),
    only: ['calls end', 'wakes'],
    rules: (stored, command, facts) => {
      const isOwn = command.type === 'lost' && isRecord(stored) && stored.hostTabId === facts.tabId;
      return decide(stored, isOwn ? { ...command, isHeld: true } : command, facts);
    },
    kind: LEAK,
    by: 'learns that its seat was stolen',
  },
  {
    name: 'an orphan that is ended before that is written is ended twice',
    from: () => activeScene(2, decide),
    only: ['crashes'],
    rules: (stored, command, facts) => {
      const decision = decide(stored, command, facts);
      return decision.orphan && isRecord(stored)
        ? { ...decision, record: stored, changed: false, entries: [] }
        : decision;
    },
    kind: 'the orphan term-# is ended twice',
    by: 'sees the window end',
  },
  {
    name: 'a session that its host still has, and that is ended as an orphan, is found',
    from: () => activeScene(2, decide),
    only: ['is told by its driver: reconnecting'],
    rules: (stored, command, facts) => {
      const decision = decide(stored, command, facts);
      const isOver = isRecord(stored) && stored.phase === 'recovering' && decision.record.phase === 'idle';
      return isOver ? { ...decision, orphan: stored } : decision;
    },
    kind: 'term-# is ended as an orphan while its host lives',
    by: '0 sees the window end',
  },
  {
    name: 'a tab that closes the window of a host that reconnects is found',
    from: () => activeScene(2, decide),
    only: ['is told by its driver: reconnecting'],
    rules: (stored, command, facts) =>
      command.type === 'look' && isRecord(stored) && stored.term !== null
        ? decide(stored, { type: 'alive', term: stored.term, entries: [], seq: 0 }, facts)
        : decide(stored, command, facts),
    kind: 'the window of a host that reconnects is closed by another tab',
    by: '1 sees the window end',
  },
  {
    name: 'without the stored time, a session is resumed a day later',
    from: () => nobodyHomeScene(2, decide),
    only: [],
    rules: withoutStoredTime,
    kind: 'a session is resumed after its recovery window',
    by: 'resumes by itself',
  },
  {
    name: 'without the stored time, a session of yesterday is in the way of a new one',
    from: () => nobodyHomeScene(2, decide),
    only: ['calls start'],
    rules: withoutStoredTime,
    kind: 'a lost session is in the way after its window',
    by: 'start: claims',
  },
  {
    name: 'a loss that begins when somebody notices it is found',
    from: () => nobodyHomeScene(2, decide),
    only: [],
    rules: (stored, command, facts) =>
      decide(command.type === 'lost' && isRecord(stored) ? { ...stored, seenAt: facts.now } : stored, command, facts),
    kind: 'a loss begins after the last sign of life',
    by: 'reaps',
  },
  {
    name: 'a reload that counts as a failed attempt is found',
    from: () => activeScene(2, decide),
    only: ['crashes'],
    rules: (stored, command, facts) => {
      const decision = decide(stored, command, facts);
      return command.type === 'lost' ? changed(decision, { attempts: decision.record.attempts + 1 }) : decision;
    },
    kind: 'an attempt counts as failed because of lost',
    by: 'crashes',
  },
  {
    name: 'a duplicated tab that resumes what its original still has is found',
    from: () => copiedScene(2, decide),
    // Where there are locks, the seat stands in its way as well.
    only: ['the storage is cleared', 'is told by its driver: reconnecting'],
    rules: (stored, command, facts) => {
      const isResume = command.type === 'resume' && isRecord(stored) && stored.phase === 'recovering';
      return decide(isResume ? { ...stored, term: null, hostTabId: null } : stored, command, facts);
    },
    kind: 'a copied key resumes while its host lives',
    by: '1 resumes by itself',
  },
  {
    name: 'a session that is resumed again and again, although its driver says that it is gone, is found',
    from: () => activeScene(2, decide),
    only: ['crashes', 'opens', 'is told by its driver that the session is gone'],
    rules: (stored, command, facts) =>
      decide(stored, command.type === 'failed' ? { ...command, error: { code: 1011 } } : command, facts),
    kind: 'a session that is gone for good is kept',
    by: 'reports gone',
  },
  {
    name: 'a host without locks that was handed the session as one with locks is taken for dead',
    from: () => clearedScene(3, decide),
    only: ['calls start', 'calls takeOver'],
    rules: (stored, command, facts) =>
      decide(stored, command, command.type === 'takeOver' ? { ...facts, proof: 'lock' } : facts),
    kind: 'a living host is taken for dead',
    by: 'reports handOver',
  },
  {
    name: 'a lost record that is written anew as if its host had a lock makes that host look dead',
    from: () => clearedScene(3, decide),
    only: ['calls end'],
    rules: (stored, command, facts) => {
      const decision = decide(stored, command, facts);
      return stored === 'absent' && !('entries' in command) ? changed(decision, { proof: 'lock' }) : decision;
    },
    kind: 'a living host is taken for dead',
    by: 'end: claims',
  },
];

for (const { name, from, only, rules, kind, by } of BREAKAGES) {
  test(name, { timeout: 120_000 }, () => {
    const { violations } = explore({ from: from(), actions: 3, rules, only, limit: 40_000 });
    expect([...violations.keys()]).toContain(kind);
    expect(violations.get(kind)).toContain(by);
  });
}

test('where nobody reaps a host that crashed, everyone is stuck', { timeout: 120_000 }, () => {
  const withoutReaping: Rules = (stored, command, facts) =>
    command.type === 'lost' && isRecord(stored)
      ? { verdict: 'void', record: stored, changed: false, entries: [] }
      : decide(stored, command, facts);
  const { stuck } = explore({ from: initialState(2), actions: 2, rules: withoutReaping });
  expect(stuck[0]).toContain('crashes');
});

function withoutStoredTime(...[stored, command, facts]: Parameters<Rules>): Decision {
  return decide(stored, command, { ...facts, now: (isRecord(stored) && (stored.lostSince ?? stored.seenAt)) || 0 });
}

function changed(decision: Decision, change: Partial<SessionRecord>): Decision {
  return decision.changed ? { ...decision, record: { ...decision.record, ...change } } : decision;
}

function isRecord(stored: Stored): stored is SessionRecord {
  return typeof stored === 'object';
}
