/** What is decided for a worker, which never hosts. */
import { describe, expect, test } from 'vitest';
import type { Call, Decision, Facts } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import { CALLER, FACTS, NOW, RECOVERY, recordIn } from '../support/records';

const WORKER: Facts = { ...FACTS, isPage: false };
const END: Call = { type: 'end', candidate: CALLER };

const told = ({ entries }: Decision): unknown[] =>
  entries.map(({ type, reason, error }) => reason ?? error?.code ?? type);

describe('what no tab has', () => {
  test('is ended by a page that hosts it for that; a worker closes its window, and asks', () => {
    const record = recordIn('recovering');
    expect(decide(record, END, FACTS)).toMatchObject({ verdict: 'granted', record: { hostTabId: CALLER.tabId } });
    const decision = decide(record, END, WORKER);
    expect(decision).toMatchObject({
      verdict: 'asked',
      record: { phase: 'recovering', term: null, epoch: record.epoch, recovery: { ...RECOVERY, windowMs: 0 } },
    });
    expect([decision.orphan, told(decision)]).toEqual([undefined, []]);
  });

  test('and a worker ended, the first page that looks ends at the service, as ended and not as expired', () => {
    const { record } = decide(recordIn('recovering'), END, WORKER);
    const next = decide(record, { type: 'look' }, FACTS);
    expect(next.record.phase).toBe('idle');
    expect(next.orphan?.info).toEqual({ pin: 'A1' });
    expect(told(next)).toEqual(['ended']);
    // Nobody resumes it before.
    expect(decide(record, { type: 'resume', candidate: CALLER, key: null }, FACTS)).toMatchObject({
      verdict: 'refused',
      code: 1011,
      record: { phase: 'idle' },
    });
  });

  test('stays as it is in a worker when its window is over: a page ends it', () => {
    const record = recordIn('recovering', { lostSince: NOW - RECOVERY.windowMs - 1 });
    const decision = decide(record, { type: 'look' }, WORKER);
    expect([decision.changed, decision.orphan]).toEqual([false, undefined]);
    expect(decide(record, { type: 'look' }, FACTS)).toMatchObject({ record: { phase: 'idle' }, orphan: record });
  });
});

test.each(['connecting', 'active', 'reconnecting', 'canceling', 'ending'] as const)(
  'a host in %s is asked by a worker as by a page',
  (state) => {
    expect(decide(recordIn(state), END, WORKER)).toEqual(decide(recordIn(state), END, FACTS));
  },
);
