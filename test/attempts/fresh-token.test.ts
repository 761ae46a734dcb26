/** A token in mid-session: what a driver asks for with `context.freshToken()`. */
import { type AttemptContext, SessionError, type TokenCall, withAttempts } from 'solotab';
import { expect, test, vi } from 'vitest';
import { createFakeCall } from './fake-call';

/** A session whose driver fails as often as `failures` says before it connects. */
async function connected(token?: (call: TokenCall) => string | Promise<string>, failures = 0) {
  const contexts: AttemptContext[] = [];
  const driver = withAttempts(
    {
      start(_request: { readonly topic: string }, context: AttemptContext) {
        contexts.push(context);
        if (contexts.length <= failures) throw new SessionError(1016);
        return 'session';
      },
      end: () => {},
    },
    { ...(token && { token }), retry: { attempts: 5 }, delay: () => Promise.resolve() },
  );
  const call = createFakeCall();
  await driver.start({ topic: 'cake' }, call.context);
  const contextOf = (attempt: number): AttemptContext => {
    const context = contexts[attempt - 1];
    if (!context) throw new Error(`There was no attempt ${attempt}.`);
    return context;
  };
  return { call, contextOf };
}

test('is asked for as such, with the request and the attempt that the session came from', async () => {
  let count = 0;
  const token = vi.fn(() => `token ${++count}`);
  const { contextOf } = await connected(token, 1);
  await expect(contextOf(2).freshToken()).resolves.toBe('token 3');
  expect(token).toHaveBeenLastCalledWith({
    kind: 'refresh',
    request: { topic: 'cake' },
    attempt: 2,
    signal: contextOf(2).signal,
  });
});

test('is waited for no longer once the session is over', async () => {
  const token = ({ kind }: TokenCall): string | Promise<string> =>
    kind === 'refresh' ? new Promise(() => {}) : 'token';
  const { call, contextOf } = await connected(token);
  const fresh = contextOf(1).freshToken();
  call.abort();
  await expect(fresh).rejects.toMatchObject({ name: 'AbortError' });
});

test('is not for an attempt that has failed: the next one gets its own', async () => {
  const token = vi.fn(() => 'token');
  const { contextOf } = await connected(token, 1);
  await expect(contextOf(1).freshToken()).rejects.toMatchObject({ name: 'AbortError' });
  expect(contextOf(2).signal.aborted).toBe(false);
  await expect(contextOf(2).freshToken()).resolves.toBe('token');
});

test('is none without a function that gets tokens', async () => {
  const { contextOf } = await connected();
  await expect(contextOf(1).freshToken()).resolves.toBeUndefined();
});

test('that can’t be had is a 2001 with the failure as its cause', async () => {
  const failure = new Error('logged out');
  const token = ({ kind }: TokenCall): string => {
    if (kind === 'refresh') throw failure;
    return 'token';
  };
  const { contextOf } = await connected(token);
  await expect(contextOf(1).freshToken()).rejects.toMatchObject({ code: 2001, cause: failure });
});
