/** A structured clone. Plain data, which is nearly everything here, is copied by hand: several times as fast. */
export function clone<Value>(value: Value): Value {
  const copy = copyPlain(value, 0);
  // A copy of plain data has the type of its original.
  return copy === NOT_PLAIN ? structuredClone(value) : (copy as Value);
}

/** As `clone`, of what is to be stored. Throws a `DataCloneError` for what can be sent to another page and not be stored. */
export function cloneForStorage<Value>(value: Value): Value {
  const copy = copyPlain(value, 0);
  // A copy of plain data has the type of its original.
  if (copy !== NOT_PLAIN) return copy as Value;
  checkStorable(value, new Set());
  return structuredClone(value);
}

const UNSTORABLE = ['[object WebAssembly.Module]', '[object SharedArrayBuffer]'];

function checkStorable(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const kind = Object.prototype.toString.call(value);
  if (UNSTORABLE.includes(kind)) throw new DOMException(`A ${kind} can't be stored.`, 'DataCloneError');
  const items = value instanceof Map ? [...value.keys(), ...value.values()] : value instanceof Set ? [...value] : [];
  for (const item of [...items, ...Object.values(value)]) checkStorable(item, seen);
}

const NOT_PLAIN = Symbol('not plain');

/** Deeper than any record. Also stops at a cycle. */
const DEEPEST = 12;

function needsCopy(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol';
}

function copyPlain(value: unknown, depth: number): unknown {
  if (!needsCopy(value)) return value;
  if (typeof value !== 'object' || value === null) return NOT_PLAIN;
  if (depth > DEEPEST) return NOT_PLAIN;
  if (Array.isArray(value)) {
    const copies: unknown[] = [];
    for (const item of value) {
      const copy = copyPlain(item, depth + 1);
      if (copy === NOT_PLAIN) return NOT_PLAIN;
      copies.push(copy);
    }
    return copies;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return NOT_PLAIN;
  // Spread first: engines keep the shape of what is copied as a whole, and objects of one shape are read several times as fast.
  const copies: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copies)) {
    const item = copies[key];
    if (!needsCopy(item)) continue;
    const copy = copyPlain(item, depth + 1);
    if (copy === NOT_PLAIN) return NOT_PLAIN;
    copies[key] = copy;
  }
  return copies;
}
