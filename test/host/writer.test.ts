import { describe, expect, test } from 'vitest';
import { createWriter } from '../../src/host/writer';
import type { Command } from '../../src/session/command';
import { blocked } from '../../src/session/reasons';
import type { SessionRecord } from '../../src/session/record';
import { fakeLedger } from '../support/fake-ledger';
import { fakeClock, fakeLogger, flush } from '../support/fakes';
import { HOST, recordIn } from '../support/records';
import { deferred, follow } from '../support/world';

const BLOCKED = blocked(new DOMException('blocked', 'TimeoutError'));
const UNSTORABLE = new DOMException('a module', 'DataCloneError');

function setUp(record: SessionRecord = recordIn('active')) {
  const clock = fakeClock();
  const logger = fakeLogger();
  const ledger = fakeLedger(record, clock, { tabId: HOST.tabId });
  let isVisible = true;
  let isOver = false;
  const writer = createWriter(
    {
      ...{ ledger, clock, logger, tabId: HOST.tabId },
      lifecycle: {
        isVisible: () => isVisible,
        isFocused: () => isVisible,
        isOnline: () => true,
        listen: () => undefined,
      },
      isOver: () => isOver,
    },
    { term: HOST.term, record },
  );
  /** Each transaction: its type, the numbers of its events, and what it publishes. */
  const written = (): string[] => ledger.commands.map(describeCommand);
  return {
    ...{ clock, ledger, logger, writer, written },
    sent: () => ledger.sent.map(({ type, seq }) => `${type} ${seq}`),
    hide() {
      isVisible = false;
    },
    end() {
      isOver = true;
    },
    /** From now on each transaction waits until it is let through. */
    hold() {
      const gates: (() => void)[] = [];
      ledger.before = () => new Promise((resolve) => gates.push(resolve));
      return gates;
    },
  };
}

function describeCommand(command: Command): string {
  if (!('entries' in command)) return command.type;
  const numbers = command.entries.map(({ seq, tooLarge }) => `${seq}${tooLarge ? ' too large' : ''}`);
  const info = command.published && `published ${JSON.stringify(command.published.info)}`;
  return [command.type, ...numbers, info].filter(Boolean).join(' ');
}

const note = (payload: unknown = null) => ({ type: 'note', payload });

describe('an event', () => {
  test('is told after this turn with its number, and stored a moment later', async () => {
    const { clock, writer, sent, written } = setUp();
    writer.emit(note());
    expect(sent()).toEqual([]);
    await flush();
    expect([sent(), written()]).toEqual([['note 8'], []]);
    await clock.advance(2);
    expect(written()).toEqual(['alive 8']);
  });

  test('of a hidden page is stored at once: its timers may wait for a second', async () => {
    const { writer, written, hide } = setUp();
    hide();
    writer.emit(note());
    await flush();
    expect(written()).toEqual(['alive 8']);
  });

  test('and all others of the same turn are told in one message, and stored together', async () => {
    const { clock, ledger, writer, written } = setUp();
    const messages: number[] = [];
    const { sendEvents } = ledger;
    ledger.sendEvents = (term, entries) => {
      messages.push(entries.length);
      sendEvents(term, entries);
    };
    for (let i = 0; i < 3; i += 1) writer.emit(note(i));
    await clock.advance(2);
    expect([messages, written()]).toEqual([[3], ['alive 8 9 10']]);
  });

  test('of a flood of 1,200 goes in messages of 500', async () => {
    const { ledger, writer } = setUp();
    const messages: number[] = [];
    ledger.sendEvents = (_, entries) => void messages.push(entries.length);
    for (let i = 0; i < 1_200; i += 1) writer.emit(note());
    await flush();
    expect(messages).toEqual([500, 500, 200]);
  });

  test('is told while another is being stored, and stored with all that came meanwhile', async () => {
    const { clock, writer, sent, written, hold } = setUp();
    const gates = hold();
    writer.emit(note());
    await clock.advance(2);
    for (let i = 0; i < 3; i += 1) {
      writer.emit(note());
      await clock.advance(5);
    }
    expect([sent(), written()]).toEqual([['note 8', 'note 9', 'note 10', 'note 11'], ['alive 8']]);
    gates.shift()?.();
    await clock.advance(2);
    expect(written()).toEqual(['alive 8', 'alive 9 10 11']);
  });

  test('waits for a report that may have events of its own, and is numbered after those', async () => {
    const { clock, ledger, writer, sent, written, hold } = setUp(recordIn('connecting'));
    const gates = hold();
    const report = follow(writer.report({ type: 'connected' }));
    await flush();
    writer.emit(note());
    await clock.advance(10);
    expect(sent()).toEqual([]);
    gates.shift()?.();
    await flush();
    expect([report.outcome, sent()]).toEqual(['done', ['note 9']]);
    await clock.advance(2);
    gates.shift()?.();
    await flush();
    expect([written(), ledger.record.seq]).toEqual([['connected', 'alive 9'], 9]);
  });

  test('is counted in every report that comes after it: who wrote a lost record anew may not have heard of it', async () => {
    const { clock, ledger, writer } = setUp();
    const { seq } = ledger.record;
    writer.emit(note());
    await clock.advance(10);
    await writer.report({ type: 'here' });
    expect(ledger.commands.at(-1)).toMatchObject({ type: 'here', entries: [], seq: seq + 1 });
  });

  test('that was emitted before a report comes before it', async () => {
    const { writer, sent, written } = setUp();
    writer.emit(note());
    await writer.report({ type: 'ended', reason: 'x' });
    expect([sent(), written()]).toEqual([['note 8'], ['ended 8']]);
  });
});

describe('what is published', () => {
  test('is a state: of all that came in one turn the last is written, once', async () => {
    const { clock, ledger, writer, written } = setUp();
    for (let value = 1; value <= 5_000; value += 1) writer.publish(value);
    await clock.advance(10);
    expect(written()).toEqual(['alive published 5000']);
    expect(ledger.record.info).toBe(5_000);
  });

  test('has one write under way at most, and the latest goes with the next one', async () => {
    const { clock, writer, written, hold } = setUp();
    const gates = hold();
    for (let value = 1; value <= 60; value += 1) {
      writer.publish(value);
      await clock.advance(16);
    }
    expect(written()).toEqual(['alive published 1']);
    gates.shift()?.();
    await flush();
    expect(written()).toEqual(['alive published 1', 'alive published 60']);
    gates.shift()?.();
    await clock.advance(100);
    expect(written()).toHaveLength(2);
  });

  test('goes along with whatever is reported next', async () => {
    const { clock, ledger, writer, written } = setUp(recordIn('connecting'));
    writer.publish('pin');
    await writer.report({ type: 'connected' });
    await clock.advance(10);
    expect([written(), ledger.record.info]).toEqual([['connected published "pin"'], 'pin']);
  });

  test('and said to be nothing is nothing', async () => {
    const { clock, ledger, writer } = setUp();
    writer.publish(null);
    await clock.advance(10);
    expect(ledger.record.info).toBeNull();
  });

  test('is overtaken by the end, which waits for one write and no more', async () => {
    const { writer, written, hold } = setUp();
    const gates = hold();
    writer.publish(1);
    await flush();
    writer.publish(2);
    const ended = follow(writer.report({ type: 'ended', reason: 'x' }));
    for (let value = 3; value <= 50; value += 1) writer.publish(value);
    gates.shift()?.();
    await flush();
    expect(written()).toEqual(['alive published 1', 'ended published 50']);
    gates.shift()?.();
    await flush();
    expect(ended.outcome).toBe('done');
  });
});

test('reports are written one at a time, in the order in which they were made', async () => {
  const { writer, written, hold } = setUp();
  const gates = hold();
  const reports = [
    follow(writer.report({ type: 'reconnecting' })),
    follow(writer.report({ type: 'reconnected' })),
    follow(writer.report({ type: 'here' })),
  ];
  for (const done of [1, 2, 3]) {
    await flush();
    expect(written()).toHaveLength(done);
    gates.shift()?.();
    await flush();
    expect(reports.map(({ outcome }) => outcome).filter((outcome) => outcome === 'done')).toHaveLength(done);
  }
  expect(written()).toEqual(['reconnecting', 'reconnected', 'here']);
});

describe('while the store is blocked by a page that was stopped', () => {
  test('a report waits, and is tried again every second', async () => {
    const { clock, ledger, writer, written } = setUp();
    let isBlocked = true;
    ledger.before = () => {
      if (isBlocked) throw BLOCKED;
    };
    const report = follow(writer.report({ type: 'ended', reason: 'x' }));
    await clock.advance(2_999);
    expect([report.outcome, written().length]).toEqual(['pending', 3]);
    isBlocked = false;
    await clock.advance(1);
    expect([report.outcome, ledger.record.phase]).toEqual(['done', 'idle']);
  });

  test('an attempt that can’t be written down is rejected at once: nobody may believe that it is connected', async () => {
    const { clock, ledger, writer, written } = setUp(recordIn('connecting'));
    ledger.before = () => Promise.reject(BLOCKED);
    const report = follow(writer.report({ type: 'connected' }));
    await flush();
    expect(report.error).toBe(BLOCKED);
    await clock.advance(10_000);
    expect(written()).toEqual(['connected']);
  });

  test('what was published meanwhile is written once it works again', async () => {
    const { clock, ledger, writer } = setUp();
    let isBlocked = true;
    ledger.before = () => {
      if (isBlocked) throw BLOCKED;
    };
    writer.publish(1);
    await clock.advance(500);
    writer.publish(2);
    isBlocked = false;
    await clock.advance(1_000);
    expect(ledger.record.info).toBe(2);
  });

  test('nothing is tried any more once the term is over', async () => {
    const { clock, ledger, writer, written, end } = setUp();
    ledger.before = () => Promise.reject(BLOCKED);
    const report = follow(writer.report({ type: 'here' }));
    await flush();
    end();
    await clock.advance(10_000);
    expect(report.value).toMatchObject({ verdict: 'void', changed: false });
    expect([written().length, clock.pending]).toEqual([2, 0]);
  });
});

describe('what can be cloned and not stored', () => {
  test('is left out with an error in the log, and the event keeps its number', async () => {
    const { clock, ledger, logger, writer, written } = setUp();
    ledger.before = (command) => {
      if ('entries' in command && command.entries.some(({ payload }) => payload === 'module')) throw UNSTORABLE;
    };
    writer.emit(note('module'));
    await clock.advance(2);
    expect(written()).toEqual(['alive 8', 'alive 8 too large']);
    expect(ledger.record.seq).toBe(8);
    expect(logger.lines).toEqual([expect.stringMatching(/^error: .*can't be stored/)]);
  });

  test('does not keep a report from being written', async () => {
    const { ledger, writer, written } = setUp();
    ledger.before = (command) => {
      if ('published' in command && command.published) throw UNSTORABLE;
    };
    writer.publish('module');
    await writer.report({ type: 'ended', reason: 'x' });
    expect(written()).toEqual(['ended published "module"', 'ended']);
    expect(ledger.record.phase).toBe('idle');
  });
});

test('a report that another tab fenced is answered as void, and its events are gone with it', async () => {
  const { ledger, writer } = setUp();
  ledger.stored = recordIn('active', { term: 'term-of-next', epoch: 4 });
  writer.emit(note());
  const { verdict, entries } = await writer.report({ type: 'here' });
  expect([verdict, entries, ledger.record.seq]).toEqual(['void', [], 7]);
});

test('numbers go on from what was written: the event of a report has one too', async () => {
  const { clock, ledger, writer, sent } = setUp();
  const gate = deferred();
  ledger.before = () => gate.promise;
  const report = follow(writer.report({ type: 'reconnecting' }));
  await flush();
  gate.resolve();
  await flush();
  writer.emit(note());
  await clock.advance(2);
  expect([report.outcome, sent()]).toEqual(['done', ['note 9']]);
});
