import { expect, test } from 'vitest';
import type { DriverContext } from '../../src/driver';
import { endOrphan } from '../../src/host/orphan';
import { fakeClock, fakeLogger, flush } from '../support/fakes';
import { recordIn } from '../support/records';
import { follow } from '../support/world';

const ORPHAN = recordIn('recovering', { epoch: 5, info: { id: 'session-7' } });

function setUp(end: (session: unknown, context: DriverContext) => void | Promise<void>) {
  const clock = fakeClock();
  const logger = fakeLogger();
  const ended = follow(endOrphan({ driver: { end }, clock, logger, connectTimeoutMs: 30_000 }, ORPHAN));
  return { clock, logger, ended };
}

test('an orphan is ended once, with no session, by what was published last and under the epoch in which it was over', async () => {
  const calls: unknown[] = [];
  const { ended, logger } = setUp((session, { info, epoch, signal }) => {
    calls.push({ session, info, epoch, isAborted: signal.aborted });
  });
  await flush();
  expect(calls).toEqual([{ session: null, info: { id: 'session-7' }, epoch: 5, isAborted: false }]);
  expect([ended.outcome, logger.lines]).toEqual(['done', []]);
});

test('its driver can tell nobody anything any more, and is warned', async () => {
  const { logger } = setUp((_, context) => {
    context.publish('late');
    context.emit('late');
    context.error(new Error('late'));
    context.ended();
    context.reconnecting();
    context.reconnected();
  });
  await flush();
  expect(logger.lines).toHaveLength(6);
  expect(logger.lines.every((line) => line.startsWith('warn: '))).toBe(true);
});

test.each<[string, () => void | Promise<void>]>([
  ['rejects', () => Promise.reject(new Error('no network'))],
  [
    'throws',
    () => {
      throw new Error('no network');
    },
  ],
])('a driver that %s is logged, and hurts nobody: the session is over all the same', async (_, end) => {
  const { ended, logger, clock } = setUp(end);
  await flush();
  expect(ended.outcome).toBe('done');
  expect(logger.lines).toEqual([expect.stringMatching(/^error: .*whose tab is gone/)]);
  expect(clock.pending).toBe(0);
});

test('a driver that hangs is waited for as long as any other, and then logged', async () => {
  const { ended, logger, clock } = setUp(() => new Promise(() => undefined));
  await clock.advance(29_999);
  expect([ended.outcome, logger.lines]).toEqual(['pending', []]);
  await clock.advance(1);
  expect([ended.outcome, logger.lines.length]).toEqual(['done', 1]);
});
