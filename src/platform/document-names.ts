/**
 * `Platform.names`, shared by all copies of the library in the document, as a hot reload or two bundles in one page make them:
 * versions of solotab agree on the key and on what is there.
 */
export function documentNames(): Map<string, number> {
  const key = Symbol.for('solotab');
  const shared = globalThis as { [key]?: Map<string, number> };
  // Not enumerable. Changes nothing where it is there already, or where globals can't be added: then nobody is warned.
  Reflect.defineProperty(shared, key, { value: new Map() });
  return shared[key] ?? new Map();
}
