/** What somebody else's program, or an old version, leaves in the store. */

/** Sources of functions that get the object store and the key of the scope's record. */
export const DAMAGES = {
  'a record with a large text in it':
    "(store, key) => { store.get(key).onsuccess = ({ target }) => store.put({ ...target.result, info: 'x'.repeat(3_000_000) }, key); }",
  'a record with large bytes in it':
    '(store, key) => { store.get(key).onsuccess = ({ target }) => store.put({ ...target.result, info: new Uint8Array(20_000_000) }, key); }',
  'a record with a large blob in it':
    "(store, key) => { store.get(key).onsuccess = ({ target }) => store.put({ ...target.result, info: new Blob(['x'.repeat(5_000_000)]) }, key); }",
  'a large event in the journal':
    "(store, key) => { for (let at = 0; at < 64; at += 1) store.put({ epoch: 1, seq: at, payload: 'x'.repeat(200_000) }, [...key, at]); }",
  'a text instead of a record': "(store, key) => { store.put('yours', key); }",
  'a large text instead of a record': "(store, key) => { store.put('x'.repeat(8_000_000), key); }",
  'a record of a newer version':
    '(store, key) => { store.get(key).onsuccess = ({ target }) => store.put({ ...target.result, version: 99, v: 99, protocol: 99 }, key); }',
  'a record without its parts': "(store, key) => { store.put({ phase: 'active' }, key); }",
  'a record of parts of other kinds':
    '(store, key) => { store.get(key).onsuccess = ({ target }) => store.put(Object.fromEntries(Object.keys(target.result).map((name) => [name, [name]])), key); }',
  'a number in the journal': '(store, key) => { for (let at = -3; at < 70; at += 1) store.put(at, [...key, at]); }',
} as const;

export type DamageName = keyof typeof DAMAGES;
