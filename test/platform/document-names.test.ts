import { afterEach, expect, test, vi } from 'vitest';
import { documentNames } from '../../src/platform/document-names';

const KEY = Symbol.for('solotab');

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

test('where globals can’t be added each coordinator is by itself', () => {
  vi.spyOn(Reflect, 'defineProperty').mockReturnValue(false);
  const names = documentNames();
  expect(KEY in globalThis).toBe(false);
  names.set('support', 1);
  expect(documentNames().get('support')).toBeUndefined();
});

test('two copies of the library in one page know the same names', async () => {
  vi.resetModules();
  const copy = await import('../../src/platform/document-names');
  expect(copy.documentNames).not.toBe(documentNames);
  documentNames().set('support', 1);
  expect(copy.documentNames().get('support')).toBe(1);
});

test('they are where nobody finds them by accident', () => {
  documentNames();
  expect(KEY in globalThis).toBe(true);
  expect(Object.getOwnPropertyDescriptor(globalThis, KEY)).toMatchObject({ enumerable: false });
});
