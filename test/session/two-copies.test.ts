/**
 * Two copies of solotab in one page: an app and a package that it uses each bundled their own. Their classes are not the same, so
 * `instanceof` knows nothing of the other copy's errors.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { SessionError, withAttempts } from 'solotab';
import { beforeAll, expect, test } from 'vitest';
import { isSessionError } from '../../src/session/errors';
import { createFakeCall } from '../attempts/fake-call';
import { follow, hear, openBare, openWorld } from '../support/world';

let Foreign: typeof SessionError;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/session/errors.ts', import.meta.url))],
    ...{ bundle: true, minify: true, write: false, format: 'esm', target: 'es2020' },
  });
  const [file] = outputFiles;
  ({ SessionError: Foreign } = await import(`data:text/javascript,${encodeURIComponent(file?.text ?? '')}`));
});

const WORDS = { message: 'Taken.', suggestedAction: 'Choose another.', retryable: false };

test('an error of another copy is no instance of this one’s class, and a SessionError all the same', () => {
  const foreign = new Foreign(1010);
  expect(foreign).not.toBeInstanceOf(SessionError);
  expect([foreign, new SessionError(1010)].map(isSessionError)).toEqual([true, true]);
});

test('an error of another copy becomes one of this copy with everything that it says', () => {
  const cause = new Error('inner');
  const where = { local: true, tabId: 'elsewhere', epoch: 9, seq: 7, at: 5 };
  const error = SessionError.from(new Foreign(1010, { ...WORDS, data: { tries: 3 }, cause, ...where }), 1001);
  expect(error).toBeInstanceOf(SessionError);
  expect(error).toMatchObject({ code: 1010, exception: 'SESSION_START_PIN_CONFLICT', ...WORDS, data: { tries: 3 } });
  expect([error.message, error.cause]).toEqual(['Taken.', cause]);
  // Where it happened is another coordinator's business.
  expect(error).toMatchObject({ local: false, tabId: '', epoch: 0, seq: null, at: 0 });
});

test('an error of another copy without a cause is the cause itself, so that its stack is not lost', () => {
  const foreign = new Foreign(1010);
  expect(SessionError.from(foreign, 1001).cause).toBe(foreign);
});

test('an error of the app’s own keeps its name from copy to copy', () => {
  const own = new Foreign(4711, { exception: 'PLAN_HAS_NO_VIDEO', message: 'No video.' });
  expect(SessionError.from(own, 1001).toJSON()).toMatchObject({ code: 4711, exception: 'PLAN_HAS_NO_VIDEO' });
});

test('an error of another copy is read field by field: what it does not have, or what throws, is as in the catalogue', () => {
  // An older or a newer build, or somebody who meddled with it.
  const odd = Object.defineProperties(new Foreign(1012), {
    message: { value: 7 },
    retryable: {
      get() {
        throw new Error('boo');
      },
    },
    suggestedAction: { value: 'Leave first.' },
  });
  const error = SessionError.from(odd, 1001);
  const { message, retryable } = new SessionError(1012);
  expect(error).toMatchObject({ code: 1012, retryable, suggestedAction: 'Leave first.' });
  expect(error.message).toBe(message);
  const codeless = Object.defineProperty(new Foreign(1012), 'code', { value: 'x' });
  expect(SessionError.from(codeless, 1001).code).toBe(1001);
});

test('what another copy says is not retryable is not tried again', async () => {
  let tries = 0;
  const start = (): never => {
    tries += 1;
    throw new Foreign(1001, WORDS);
  };
  const driver = { start, join: start, end: () => undefined };
  const options = { retry: { attempts: 3, minDelayMs: 0, maxDelayMs: 0 } };
  const started = withAttempts(driver, options).start({}, createFakeCall().context);
  await expect(started).rejects.toMatchObject({ code: 1001, ...WORDS });
  expect(tries).toBe(1);
});

test('what a driver rejects with from another copy is told to every tab with its facts', async () => {
  const start = () => Promise.reject(new Foreign(1010, { ...WORDS, data: 7 }));
  const { a, b, world } = await openBare({ start, join: start, end: () => undefined });
  const heard = hear(b);
  const started = follow(a.coordinator.start());
  await world.settle();
  expect(started.error).toBeInstanceOf(SessionError);
  expect(started.error).toMatchObject({ code: 1010, ...WORDS, data: 7 });
  expect(heard).toEqual(['session_error 1010']);
  expect(b.coordinator.getSnapshot().lastError).toEqual((started.error as SessionError).toJSON());
});

test('a refusal by another copy refuses the call in this tab alone, and keeps its cause', async () => {
  const cause = new Error('inner');
  const prepare = (): never => {
    throw new Foreign(1008, { ...WORDS, cause });
  };
  const start = () => 'session';
  const { a, b, world } = await openWorld({ driver: { prepare, start, join: start, end: () => undefined } as never });
  const heard = [hear(a), hear(b)];
  const started = follow(a.coordinator.start());
  await world.settle();
  expect(started.error).toBeInstanceOf(SessionError);
  expect(started.error).toMatchObject({ code: 1008, local: true, tabId: a.coordinator.tabId, ...WORDS, cause });
  expect(heard).toEqual([['session_error 1008'], []]);
});
