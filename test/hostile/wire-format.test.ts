/**
 * Two builds of solotab live in two tabs whenever an app is deployed. So what a released build sends and stores is frozen, in
 * `fixtures/<version>/`: the present build must understand it, and must not change what it says itself without anybody noticing.
 *
 * A change on purpose: see that the fixtures of all versions still pass, raise the version of the package, and freeze what it
 * says with `FREEZE_WIRE_FORMAT=1 npx vitest run --project node test/hostile/wire-format.test.ts`. Never touch one that was
 * released; one that was not is deleted before it is frozen anew.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createSimulatedBrowser, type SimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { version as packageVersion } from '../../package.json';
import { type Message, parseMessage } from '../../src/ledger/messages';
import { isObject } from '../../src/session/check';
import type { Command } from '../../src/session/command';
import { isEntry, type JournalEntry } from '../../src/session/events';
import { parseRecord, type SessionRecord } from '../../src/session/record';
import { follow, hear } from '../support/world';
import { openOther } from './other-build';
import { oneOfEach, recordWire, type Schema, schemasOf, type Wire } from './wire';

const FOLDER = new URL('./fixtures/', import.meta.url);

interface Fixture extends Wire {
  readonly version: string;
  readonly schemas: Readonly<Record<string, Schema>>;
}

const PARTS = ['messages', 'records', 'journal', 'schemas'] as const;

function readFixture(version: string): Fixture {
  const part = (name: string): unknown => JSON.parse(readFileSync(new URL(`${version}/${name}.json`, FOLDER), 'utf8'));
  // The files were written by `freeze`.
  return { version, ...Object.fromEntries(PARTS.map((name) => [name, part(name)])) } as unknown as Fixture;
}

async function freeze(version: string): Promise<void> {
  const folder = new URL(`${version}/`, FOLDER);
  if (existsSync(folder)) throw new Error(`What ${version} says is frozen already.`);
  const wire = await recordWire();
  const parts = { ...oneOfEach(wire), schemas: schemasOf(wire) };
  mkdirSync(folder, { recursive: true });
  for (const name of PARTS) {
    writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(parts[name], null, 2)}\n`);
  }
}

if (process.env.FREEZE_WIRE_FORMAT) await freeze(packageVersion);

const VERSIONS = readdirSync(FOLDER).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const FIXTURES = VERSIONS.map(readFixture);
const NEWEST = FIXTURES[FIXTURES.length - 1];

/** What a call is refused with while a host lives, by the phase that the record is in. */
const BUSY: Readonly<Record<string, number>> = {
  connecting: 1002,
  active: 1004,
  recovering: 1002,
  canceling: 1017,
  ending: 1017,
};

/** Ids come from the seed: here nobody must have those that are in the fixtures. */
const newWorld = (): SimulatedBrowser => createSimulatedBrowser({ seed: 99 });

/** Every object in it gets a field that nobody knows. */
function withExtras(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withExtras);
  if (!isObject(value)) return value;
  const fields = Object.entries(value).map(([name, part]) => [
    name,
    name === 'info' || name === 'payload' ? part : withExtras(part),
  ]);
  return { ...Object.fromEntries(fields), extra: { of: 'a newer build' } };
}

function messagesOf(fixture: Fixture, type: Message['type']): readonly Message[] {
  const parsed = fixture.messages.map(parseMessage).filter((message) => message !== undefined);
  return parsed.filter((message) => message.type === type);
}

test('what this build sends and stores has the shape of the newest frozen format', async () => {
  expect(schemasOf(await recordWire())).toEqual(NEWEST?.schemas);
});

test('the check would notice a field that comes, goes, or becomes something else', async () => {
  const wire = await recordWire();
  const change = (change: object): Wire => ({
    ...wire,
    records: wire.records.map((record, index) => (index === 0 ? { ...(record as object), ...change } : record)),
  });
  for (const changed of [
    { token: 'x' },
    { epoch: '7' },
    { phase: 'paused' },
    { successor: { term: 't' } },
    { version: 2 },
  ]) {
    expect(schemasOf(change(changed)), JSON.stringify(changed)).not.toEqual(schemasOf(wire));
  }
  const { asked: _, ...rest } = wire.records[0] as SessionRecord;
  expect(schemasOf({ ...wire, records: [rest, ...wire.records.slice(1)] })).not.toEqual(schemasOf(wire));
});

test('every sort of message and every phase is frozen', () => {
  for (const { messages, records } of FIXTURES) {
    const types = new Set(messages.map((message) => (message as Message).type));
    expect([...types].sort()).toEqual(['bye', 'call', 'events', 'look', 'state']);
    const calls = new Set(messages.map((message) => (message as { command?: Command }).command?.type).filter(Boolean));
    expect([...calls]).toEqual(expect.arrayContaining(['ask', 'end', 'look', 'takeOver']));
    const seen = [...messages.map((message) => (message as { record?: SessionRecord }).record), ...records];
    const phases = new Set(seen.map((record) => (record as SessionRecord | undefined)?.phase).filter(Boolean));
    expect([...phases].sort()).toEqual(['active', 'canceling', 'connecting', 'ending', 'idle', 'recovering']);
  }
});

describe.each(FIXTURES)('what version $version says', (fixture) => {
  const { messages, journal } = fixture;
  const states = messagesOf(fixture, 'state').flatMap((message) => (message.type === 'state' ? [message] : []));
  const calls = messagesOf(fixture, 'call').flatMap((message) => (message.type === 'call' ? [message] : []));
  const records = [...fixture.records, ...states.map(({ record }) => record)].map((record) => {
    const parsed = parseRecord(record);
    if (typeof parsed !== 'object') throw new Error(`A frozen record is ${parsed}.`);
    return parsed;
  });
  const active = records.find(({ phase }) => phase === 'active') as SessionRecord; // every phase is frozen

  test('is read as it was meant', () => {
    for (const record of fixture.records) expect(parseRecord(record)).toEqual(record);
    for (const entry of journal) expect(isEntry(entry), JSON.stringify(entry)).toBe(true);
    for (const message of messages) expect(parseMessage(message)).toEqual(message);
  });

  test('is read the same with fields that a newer build adds', () => {
    for (const record of fixture.records) expect(parseRecord(withExtras(record))).toMatchObject(record as object);
    for (const entry of journal) expect(isEntry(withExtras(entry)), JSON.stringify(entry)).toBe(true);
    for (const message of messages) expect(parseMessage(withExtras(message))).toMatchObject(message as object);
  });

  test.each([
    ['as it is', (record: unknown) => record],
    ['with fields of a newer build', withExtras],
  ])('in the store, %s, is obeyed while its host lives, and outlived when it is dead', async (_, change) => {
    for (const record of records) {
      const world = newWorld();
      world.putRecord(change(record));
      await openOther(world, record);
      const tab = world.openTab({ driver: 'auto' });
      await world.settle();
      const { phase, kind, epoch, hostTabId, info } = record;
      const isOpen = phase === 'recovering' && record.term === null;
      if (phase !== 'idle') {
        expect(tab.coordinator.getSnapshot()).toMatchObject({ phase, kind, epoch, hostTabId, info, role: 'follower' });
        const refused = follow(tab.coordinator.start());
        await world.advance(20_000);
        expect(refused.outcome, phase).toBe(BUSY[phase]);
        if (!isOpen) expect(world.recordOf()).toMatchObject({ phase, epoch });
      }

      const after = newWorld();
      after.putRecord(change(record));
      const heir = after.openTab({ driver: 'auto' });
      await after.settle();
      // The window begins with the host's last sign of life, which is ahead of this world's clock.
      await after.advance(record.recovery.windowMs + 10_000);
      const started = follow(heir.coordinator.start());
      await after.advance(20_000);
      expect(started.outcome, phase).toBe('done');
      expect(heir.coordinator.getSnapshot().epoch).toBeGreaterThan(epoch);
    }
  });

  test('about a record that is stored makes this build look it up', async () => {
    const looks = messagesOf(fixture, 'look');
    expect(looks).not.toEqual([]);
    for (const message of looks) {
      for (const record of records.filter(({ isStored }) => isStored)) {
        const world = newWorld();
        const other = await openOther(world, record);
        const tab = world.openTab();
        await world.settle();
        world.putRecord(record);
        other.post(message);
        await world.settle();
        const { phase, epoch, hostTabId } = record;
        expect(tab.coordinator.getSnapshot()).toMatchObject({ phase, epoch, hostTabId });
      }
    }
  });

  test('about a record that is nowhere stored is believed by all, and stored by nobody else than its host', async () => {
    const unstored = states.filter(({ record }) => !record.isStored);
    expect(unstored).not.toEqual([]);
    for (const message of unstored) {
      const { record } = message;
      const world = newWorld();
      const other = await openOther(world, record);
      const tabs = [world.openTab({ capabilities: { store: false } }), world.openTab()];
      await world.settle();
      other.post(message);
      await world.settle();
      const { phase, epoch, hostTabId } = record;
      for (const tab of tabs) expect(tab.coordinator.getSnapshot()).toMatchObject({ phase, epoch, hostTabId });
      expect(world.recordOf()).toBeUndefined();
    }
  });

  test('to ask what a tab without a store knows is answered', async () => {
    const looks = calls.filter(({ command }) => command.type === 'look');
    expect(looks).not.toEqual([]);
    for (const message of looks) {
      const world = newWorld();
      const other = await openOther(world, null);
      const tab = world.openTab({ driver: 'auto', capabilities: { store: false } });
      follow(tab.coordinator.start());
      await world.advance(1_000);
      other.forget();
      other.post(message);
      await world.settle();
      const { phase, epoch, hostTabId } = tab.coordinator.getSnapshot();
      const record = expect.objectContaining({ phase, epoch, hostTabId, isStored: false });
      expect(other.heard).toEqual([expect.objectContaining({ type: 'state', record })]);
    }
  });

  test('to call the host is carried out by the host alone', async () => {
    for (const [type, expected] of [
      ['end', 'end'],
      ['takeOver', 'release'],
    ] as const) {
      const [message] = calls.filter(({ command }) => command.type === type);
      expect(message, type).toBeDefined();
      const world = newWorld();
      const other = await openOther(world, null);
      const [host, follower] = [world.openTab({ driver: 'auto' }), world.openTab({ driver: 'auto' })];
      await world.settle();
      follow(host.coordinator.start());
      await world.settle();
      const { origin } = world.recordOf() as SessionRecord;
      other.post({ ...message, command: { ...message?.command, origin } });
      await world.settle();
      const driverCalls = world.network.calls.map(({ page, call }) => `${page} ${call}`);
      expect(driverCalls.slice(0, 2), type).toEqual([`${host.name} start`, `${host.name} ${expected}`]);
      expect(driverCalls.filter((driverCall) => driverCall.startsWith(follower.name))).toEqual([]);
    }
  });

  test('about events is delivered', async () => {
    const events = messagesOf(fixture, 'events').flatMap((message) => (message.type === 'events' ? [message] : []));
    expect(events).not.toEqual([]);
    for (const { term, entries, ...message } of events) {
      const [first] = entries as readonly [JournalEntry];
      const world = newWorld();
      const record = { ...active, term, epoch: first.epoch, seq: first.seq - 1 };
      const other = await openOther(world, record);
      world.putRecord(record);
      const tab = world.openTab();
      await world.settle();
      const types = entries.map(({ type }) => type);
      const heard = hear(tab, ...types.filter((type) => !type.startsWith('session_')));
      other.post({ ...message, term, entries, version: 1 });
      await world.settle();
      expect(heard.map((line) => line.split(' ')[0])).toEqual(types);
    }
  });

  test('about a host that leaves is believed where no lock says otherwise', async () => {
    for (const message of messagesOf(fixture, 'bye')) {
      const world = newWorld();
      const other = await openOther(world, null);
      world.putRecord({ ...active, ...(message.type === 'bye' && { term: message.term }) });
      const tab = world.openTab({ capabilities: { locks: false } });
      await world.settle();
      expect(tab.coordinator.getSnapshot().phase).toBe('active');
      other.post({ ...message, version: 1 });
      await world.settle();
      expect(tab.coordinator.getSnapshot().phase).not.toBe('active');
    }
  });
});

describe('what a newer build says', () => {
  test('in messages of a type or a version that this one does not know is ignored', async () => {
    const world = newWorld();
    const other = await openOther(world, null);
    const tab = world.openTab({ driver: 'auto' });
    await world.settle();
    follow(tab.coordinator.start());
    await world.settle();
    const before = tab.coordinator.getSnapshot();
    const [record] = NEWEST?.records ?? [];
    other.post({ type: 'dance', version: 1, record });
    const { term } = world.recordOf() as SessionRecord;
    other.post({ type: 'bye', version: 2, term });
    other.post({ type: 'state', version: 2, record: { ...Object(record), isStored: false }, entries: [] });
    other.post({ type: 'state', version: 1, record: { ...Object(record), isStored: false, version: 2 }, entries: [] });
    other.post({ type: 'call', version: 2, command: { type: 'end', candidate: { term: 't', tabId: 'T' } } });
    other.post({ type: 'call', version: 1, command: { type: 'dance', candidate: { term: 't', tabId: 'T' } } });
    await world.advance(1_000);
    expect(tab.coordinator.getSnapshot()).toBe(before);
    expect(world.network.requests).toEqual(['start']);
  });

  test('in a record of a newer major version is left alone and counts as busy, for every call', async () => {
    const world = newWorld();
    const newer = { version: 2, phase: 'dancing', epoch: 9, term: ['a', 'list'] };
    world.putRecord(newer);
    const tab = world.openTab({ driver: 'auto' });
    await world.settle();
    for (const call of ['start', 'join', 'resume', 'takeOver'] as const) {
      const refused = follow(tab.coordinator[call]());
      await world.advance(20_000);
      expect(refused.outcome, call).toBe(1004);
    }
    for (const call of ['cancel', 'end'] as const) {
      const given = follow<unknown>(tab.coordinator[call]());
      await world.advance(20_000);
      expect(given.outcome, call).not.toBe('pending');
    }
    await tab.reload();
    await world.advance(200_000);
    expect(world.recordOf()).toEqual(newer);
    expect(world.network.requests).toEqual([]);
  });
});
