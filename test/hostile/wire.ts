/**
 * What one build of solotab shows to another one in the next tab: its messages and its stored records. Recorded by running
 * through a session's whole life in simulated tabs.
 */
import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import { isObject } from '../../src/session/check';
import { follow } from '../support/world';

export interface Wire {
  readonly messages: readonly unknown[];
  readonly records: readonly unknown[];
  readonly journal: readonly unknown[];
}

/** What the present build sends and stores. */
export async function recordWire(): Promise<Wire> {
  const wire = { messages: [] as unknown[], records: [] as unknown[], journal: [] as unknown[] };
  const memoryOnly = { store: false, locks: false };
  for (const capabilities of [{}, { locks: false }, { channel: 'hints' }, { store: false }, memoryOnly] as const) {
    const world = createSimulatedBrowser();
    const listener = world.openTab({ bare: true, capabilities });
    const hear = (message: unknown): void => {
      wire.messages.push(message);
    };
    listener.platform.openChannel('simulated', hear);
    const store = listener.platform.openStore('simulated');
    const look = async (): Promise<void> => {
      await world.advance(500);
      const found = await store?.read({ journal: true });
      if (found?.record !== undefined) wire.records.push(found.record);
      wire.journal.push(...(found?.journal ?? []));
    };
    const open = (): SimulatedTab => world.openTab({ capabilities, recovery: { by: 'same-tab', windowMs: 60_000 } });
    await live(world, open, look);
  }
  return wire;
}

/** A start that fails, a join, every kind of report, an end, two take-overs of which one is withdrawn, a crash, a recovery, a cancel. */
async function live(world: SimulatedBrowser, open: () => SimulatedTab, look: () => Promise<void>): Promise<void> {
  const [a, b] = [open(), open()];
  await look();
  follow(a.coordinator.start());
  await look();
  await world.fail(a, { code: 1010, exception: 'SESSION_START_PIN_CONFLICT' });
  await look();
  follow(a.coordinator.join());
  await look();
  await world.connect(a);
  await look();
  const context = world.contextIn(a);
  context.publish({ pin: 'A1' });
  context.emit('agent_joined', { name: 'Ada' });
  context.emit('agent_left');
  context.error({ code: 1016, exception: 'NETWORK_ERROR' });
  await look();
  context.reconnecting();
  await look();
  context.reconnected();
  await look();
  follow(b.coordinator.end());
  await look();
  follow(a.coordinator.start());
  await look();
  await world.connect(a);
  await look();
  follow(b.coordinator.start());
  await look();
  const control = new AbortController();
  await a.stop();
  follow(b.coordinator.takeOver({ signal: control.signal }));
  await look();
  control.abort();
  await look();
  await a.cont();
  await look();
  follow(b.coordinator.takeOver());
  await look();
  if (world.network.attempts.size > 0) await world.connect(b);
  await look();
  const host = [a, b].find((tab) => tab.coordinator.getSnapshot().role === 'host') ?? a;
  const other = host === a ? b : a;
  await host.reload();
  await look();
  for (const tab of [host, other]) {
    if ([...world.network.attempts].some(({ page }) => page === tab.page)) await world.connect(tab);
  }
  await look();
  follow(other.coordinator.end());
  await look();
  await world.advance(70_000);
  follow(other.coordinator.start());
  await look();
  follow(host.coordinator.cancel());
  await look();
  await world.advance(70_000);
  await look();
}

/** Words that both builds have to understand; of everything else only the kind of value counts. */
const WORDS = ['version', 'phase', 'kind', 'by', 'proof'];

/** What is the app's own. */
const OPAQUE = ['payload', 'info'];

/** Each field with every kind of value that it was seen with: `record.term` is `null` or `string`. */
export type Schema = Readonly<Record<string, readonly string[]>>;

/** The schema of many values of one sort. A field that some of them lack has the kind `absent`. */
export function schemaOf(values: readonly unknown[]): Schema {
  const kinds = new Map<string, Set<string>>();
  collect('', values, kinds);
  return Object.fromEntries([...kinds].sort(byName).map(([path, seen]) => [path, [...seen].sort()]));
}

function collect(path: string, values: readonly unknown[], kinds: Map<string, Set<string>>): void {
  const objects = values.filter(isObject);
  for (const name of new Set(objects.flatMap((object) => Object.keys(object)))) {
    const field = path === '' ? name : `${path}.${name}`;
    const present = objects.filter((object) => name in object).map((object) => object[name]);
    const seen = new Set(present.map((value) => kindOf(name, value)));
    if (present.length < objects.length) seen.add('absent');
    kinds.set(field, seen);
    if (OPAQUE.includes(name)) continue;
    const lists = present.filter((value): value is unknown[] => Array.isArray(value));
    collect(`${field}[]`, lists.flat(), kinds);
    collect(
      field,
      present.filter((value) => !Array.isArray(value)),
      kinds,
    );
  }
}

function kindOf(name: string, value: unknown): string {
  if (OPAQUE.includes(name)) return 'anything';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return WORDS.includes(name) ? JSON.stringify(value) : typeof value;
}

/** The schema of what goes over the wire: of each type of message, of the record, and of the journal. */
export function schemasOf({ messages, records, journal }: Wire): Readonly<Record<string, Schema>> {
  const types = [...new Set(messages.map(typeOf))].sort();
  const ofMessages = types.map((type): [string, Schema] => [
    `message ${type}`,
    schemaOf(messages.filter((message) => typeOf(message) === type)),
  ]);
  return { ...Object.fromEntries(ofMessages), record: schemaOf(records), 'journal entry': schemaOf(journal) };
}

/** The first of each sort: enough for a reader, and for a newer build to try. */
export function oneOfEach({ messages, records, journal }: Wire): Wire {
  return {
    messages: firsts(messages, (message) => {
      const { type, record, entries = [], command } = message as Partial<Record<string, unknown>>;
      const types = (entries as readonly unknown[]).map(typeOf);
      // A state comes with all the events so far.
      if (isObject(record))
        return JSON.stringify([type, record.phase, record.isStored, record.proof, types.length > 0]);
      return JSON.stringify([type, types, typeOf(command)]);
    }),
    records: firsts(records, (record) => {
      const { term, proof, activeEpoch, lastError, info } = record as Partial<Record<string, unknown>>;
      return JSON.stringify([
        phaseOf(record),
        term === null,
        proof,
        activeEpoch === 0,
        lastError === null,
        info === null,
      ]);
    }),
    journal: firsts(journal, (entry) => String(typeOf(entry))),
  };
}

function firsts(values: readonly unknown[], keyOf: (value: unknown) => string): unknown[] {
  const found = new Map<string, unknown>();
  for (const value of values) {
    const key = keyOf(value);
    if (!found.has(key)) found.set(key, value);
  }
  return [...found].sort(byName).map(([, value]) => value);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function typeOf(value: unknown): unknown {
  return isObject(value) ? value.type : undefined;
}

function phaseOf(value: unknown): unknown {
  return isObject(value) ? value.phase : undefined;
}
