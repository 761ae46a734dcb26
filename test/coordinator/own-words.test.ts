/** The option `describe`: the app's own words, wherever this tab shows an error. */
import type { CoordinatorOptions, SessionErrorEvent } from 'solotab';
import { SESSION_ERRORS, SessionError } from 'solotab';
import { describe, expect, test } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { follow, openSession, openWorld } from '../support/world';

const GERMAN: Readonly<Record<number, string>> = {
  1001: 'Das Gespräch kam nicht zustande.',
  1004: 'Es läuft schon ein Gespräch.',
  1011: 'Das Gespräch ging nicht weiter.',
  1016: 'Das Netz ist weg.',
};
const german: CoordinatorOptions['describe'] = (code) => ({ message: GERMAN[code] });

test('a refusal is told and rejected in the app’s words, with the catalogue’s suggestion where it has none', async () => {
  const { b, world } = await openSession({ describe: german });
  const heard: SessionErrorEvent[] = [];
  b.coordinator.on('session_error', (event) => heard.push(event));
  const refused = follow(b.coordinator.start());
  await world.settle();
  const words = {
    code: 1004,
    message: GERMAN[1004],
    suggestedAction: SESSION_ERRORS[1004].suggestedAction,
    local: true,
  };
  expect(refused.error).toBeInstanceOf(SessionError);
  expect(refused.error).toMatchObject(words);
  expect(heard).toContainEqual(expect.objectContaining(words));
});

test('an attempt that fails rejects in the app’s words, and they are in the event and in the snapshot', async () => {
  const { a, b, world } = await openWorld({ describe: german });
  const heard: string[] = [];
  for (const { coordinator } of [a, b]) coordinator.on('session_error', ({ message }) => heard.push(message));
  const started = follow(a.coordinator.start());
  await world.fail(a, new Error('boo'));
  const words = GERMAN[1001];
  expect(started.error).toMatchObject({ message: words, cause: new Error('boo') });
  expect(heard).toEqual([words, words]);
  for (const { coordinator } of [a, b]) expect(coordinator.getSnapshot().lastError).toMatchObject({ message: words });
});

test('each tab shows its own language: the words are not what is sent or stored', async () => {
  const { a, world } = await openSession({ describe: german });
  const english = createCoordinatorOn(world.openTab({ bare: true }).platform, {
    name: 'simulated',
    driver: { start: () => 1, end: () => undefined },
  });
  await world.settle();
  world.contextIn(a).error(new SessionError(1016));
  await world.settle();
  expect(a.coordinator.getSnapshot().lastError?.message).toBe(GERMAN[1016]);
  expect(english.getSnapshot().lastError?.message).toBe(SESSION_ERRORS[1016].message);
});

test('a resume that began by itself rejects in the app’s words for whoever asked for it meanwhile', async () => {
  const { a, world } = await openSession({ describe: german });
  await a.reload();
  await world.settle();
  const resumed = follow(a.coordinator.resume());
  await world.fail(a, new Error('boo'));
  expect(resumed.error).toMatchObject({ code: 1011, message: GERMAN[1011] });
});

test('words that throw are logged, and the error keeps its own', async () => {
  const { b, world } = await openSession({
    describe: () => {
      throw new Error('no such language');
    },
  });
  const refused = follow(b.coordinator.start());
  await world.settle();
  expect(refused.error).toMatchObject({ code: 1004, message: SESSION_ERRORS[1004].message });
  expect(world.timeline()).toContain('describe threw');
});

describe('a driver without join', () => {
  const driver = { start: () => ({ id: 'one', epoch: 1 }), end: () => undefined };

  test.each([
    ['there is no session', false],
    ['this tab has one', true],
  ])('refuses join() for good and says why, while %s', async (_, isActive) => {
    const { a, b } = await openWorld({ driver });
    if (isActive) await a.coordinator.start();
    for (const { coordinator } of [a, b]) {
      const heard: SessionErrorEvent[] = [];
      coordinator.on('session_error', (event) => heard.push(event));
      const facts = { code: 1011, retryable: false, local: true, message: expect.stringContaining('no join()') };
      await expect(coordinator.join()).rejects.toMatchObject(facts);
      expect(heard).toEqual([expect.objectContaining(facts)]);
    }
  });

  test('is asked to prepare no join', async () => {
    const kinds: string[] = [];
    const prepare = (kind: string) => void kinds.push(kind);
    const { a } = await openWorld({ driver: { ...driver, prepare } });
    await expect(a.coordinator.join()).rejects.toMatchObject({ code: 1011 });
    expect(kinds).toEqual([]);
  });
});
