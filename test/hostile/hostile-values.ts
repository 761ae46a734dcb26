/** What another script on the same origin might send or store: anything at all, and genuine values with something wrong in them. */
import fc from 'fast-check';
import { type Message, toWire } from '../../src/ledger/messages';
import { isObject } from '../../src/session/check';
import { JOURNAL_SIZE } from '../../src/session/events';
import { CALLER, errorEntry, HOST, notes, recordIn, STATES } from '../support/records';

const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON'];

const FIELDS = [
  ...['type', 'version', 'phase', 'epoch', 'term', 'seq', 'record', 'entries', 'error', 'recovery', 'length'],
  ...['command', 'candidate', 'silent', 'published', 'origin', 'isStored', 'proof', 'seenAt', 'payload'],
];

function cycle(): object {
  const value: Record<string, unknown> = { type: 'state', version: 1 };
  value.record = value;
  value.entries = [value];
  return value;
}

function deep(): object {
  let value: object = {};
  for (let depth = 0; depth < 200; depth += 1) value = { value };
  return value;
}

/** Made once: they are never changed. */
const HUGE_TEXT = 'x'.repeat(1_000_000);
const HUGE_LIST = Array.from({ length: 10_000 }, () => null);
const DEEP = deep();

/** Values at which a careless parser stumbles. */
const NASTY: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  -0,
  0.5,
  2 ** 31,
  2 ** 52 - 1,
  2 ** 52,
  2 ** 53,
  Number.MAX_VALUE,
  10n ** 30n,
  '',
  '\u0000',
  '\ud800',
  '__proto__',
  HUGE_TEXT,
  true,
  [],
  [[]],
  HUGE_LIST,
  new Array(5),
  {},
  Object.create(null),
  JSON.parse('{"__proto__": {"phase": "active", "type": "bye", "version": 1}}'),
  JSON.parse('{"then": "not a promise"}'),
  { length: 1e9 },
  new Date(Number.NaN),
  new Map([['type', 'state']]),
  new Set([1]),
  new Uint8Array(64),
  /type/g,
  new Error('an error'),
  cycle(),
  DEEP,
];

const NASTY_INDEX = fc.nat(NASTY.length - 1);

const failed = errorEntry(1016, { seq: 8 });

/** One of each kind. */
export const GENUINE_RECORDS: readonly object[] = [
  ...STATES.map((state) => recordIn(state)),
  recordIn('active', { lastError: errorEntry(1016), successor: { term: 'next', tabId: 'other' } }),
  recordIn('active', { proof: 'answer', asked: 2, answered: 1 }),
  recordIn('active', { isStored: false }),
];

const term = HOST.term;

const MESSAGES: readonly Message[] = [
  { type: 'state', record: recordIn('active'), entries: [failed, ...notes(2, { seq: 8 })] },
  { type: 'state', record: recordIn('active', { isStored: false }), entries: [] },
  { type: 'state', record: recordIn('recovering', { isStored: false }), entries: [] },
  { type: 'look', term, entries: notes(2) },
  { type: 'look', term: null, entries: [] },
  { type: 'events', term, entries: notes(3) },
  { type: 'events', term, entries: notes(JOURNAL_SIZE * 2) },
  { type: 'bye', term },
  { type: 'call', command: { type: 'look' } },
  { type: 'call', command: { type: 'ask', term } },
  { type: 'call', command: { type: 'takeOver', candidate: CALLER } },
  { type: 'call', command: { type: 'withdraw', candidate: CALLER } },
  { type: 'call', command: { type: 'end', candidate: CALLER, origin: 3 } },
];

// Each is a plain object: `toWire` made it.
export const GENUINE_MESSAGES: readonly object[] = MESSAGES.map((message) => toWire(message) as object);

/** How to make a value. Not the value itself: a report of a failure could not print it, and shrinking would change it in place. */
export type Recipe =
  | { readonly nasty: number }
  | { readonly anything: unknown }
  | { readonly genuine: number; readonly damages: readonly Damage[] };

/** One thing that is wrong: at the end of a path, which is followed as far as it goes. */
interface Damage {
  readonly path: readonly number[];
  readonly how: 'replace' | 'remove' | 'add' | 'turn back on itself';
  readonly key: string;
  /** A nasty value; or, below zero, a small number. */
  readonly value: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  path: fc.array(fc.nat(30), { maxLength: 3 }),
  how: fc.constantFrom<Damage['how']>('replace', 'replace', 'replace', 'remove', 'add', 'turn back on itself'),
  key: fc.constantFrom(...PROTOTYPE_KEYS, ...FIELDS),
  value: fc.oneof({ weight: 3, arbitrary: NASTY_INDEX }, { weight: 1, arbitrary: fc.integer({ min: -12, max: -1 }) }),
});

/** Anything at all; or, more often, one of these values with up to three things wrong in it. */
export function hostile(genuine: readonly object[]): fc.Arbitrary<Recipe> {
  const anything = fc.anything({
    maxDepth: 2,
    maxKeys: 4,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    key: fc.oneof(fc.constantFrom(...PROTOTYPE_KEYS, ...FIELDS), fc.string({ maxLength: 5 })),
  });
  return fc.oneof(
    { weight: 1, arbitrary: fc.record({ nasty: NASTY_INDEX }) },
    { weight: 2, arbitrary: fc.record({ anything }) },
    {
      weight: 6,
      arbitrary: fc.record({
        genuine: fc.nat(genuine.length - 1),
        damages: fc.array(damage, { minLength: 1, maxLength: 3 }),
      }),
    },
  );
}

export function make(recipe: Recipe, genuine: readonly object[]): unknown {
  if ('nasty' in recipe) return NASTY[recipe.nasty];
  if ('anything' in recipe) return recipe.anything;
  return recipe.damages.reduce(spoil, structuredClone(genuine[recipe.genuine]) ?? {});
}

/** Changes `whole` in place. It is a clone; what it was damaged with before is not, and is left as it is. */
function spoil(whole: object, { path, how, key, value }: Damage): object {
  let target = whole as Record<string, unknown>;
  for (const step of path) {
    const keys = Object.keys(target);
    const next = target[keys[step % keys.length] ?? ''];
    if (!isObject(next) || NASTY.includes(next)) break;
    target = next as Record<string, unknown>;
  }
  const names = Object.keys(target);
  const name = names[(path[0] ?? 0) % names.length];
  const nasty = value < 0 ? -value : NASTY[value];
  // Not an assignment, which would set the prototype: structured clones and JSON have it as a field. A list keeps its length.
  const define = (field: string, content: unknown): boolean =>
    Reflect.defineProperty(target, Array.isArray(target) && field === 'length' ? '0' : field, {
      ...{ value: content, enumerable: true, configurable: true, writable: true },
    });
  if (how === 'add' || name === undefined) define(key, nasty);
  else if (how === 'remove') Reflect.deleteProperty(target, name);
  else define(name, how === 'replace' ? nasty : whole);
  return whole;
}
