import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sessionTabStorage } from '../../src/platform/tab-storage';

const values = new Map<string, string>();

beforeEach(() => {
  values.clear();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => values.set(key, value),
    removeItem: (key: string) => values.delete(key),
  });
});
afterEach(() => vi.unstubAllGlobals());

/** As much of a window as one of another origin shows: its parent, and its frames as a list. */
type View = { parent: View; length: number; [index: number]: View };

function pageWindow(): View {
  const view: { parent?: View; length: number } = { length: 0 };
  view.parent = view as View; // complete now: the parent of a page is the page itself
  return view as View;
}

function addFrame(parent: View): View {
  const frame: View = { parent, length: 0 };
  parent[parent.length] = frame;
  parent.length += 1;
  return frame;
}

/** The storage as the document in `view` opens it. */
function storageIn(view: View) {
  vi.stubGlobal('window', view);
  return sessionTabStorage();
}

test('a page keeps and removes values', () => {
  const storage = storageIn(pageWindow());
  storage.set('key', 'value');
  expect(storage.get('key')).toBe('value');
  expect([...values]).toEqual([['key', 'value']]);
  storage.set('key', null);
  expect(storage.get('key')).toBeNull();
  expect(values.size).toBe(0);
});

test('a page and its frames, however deep, don’t see each other’s values, and find their own after a reload', () => {
  const load = () => {
    const page = pageWindow();
    const [first, second] = [addFrame(page), addFrame(page)];
    const hidden: View = { parent: page, length: 0 }; // in a shadow tree
    return [page, first, second, addFrame(first), addFrame(second), hidden];
  };
  for (const [index, view] of load().entries()) {
    const storage = storageIn(view);
    expect(storage.get('key')).toBeNull();
    storage.set('key', `value ${index}`);
  }
  for (const [index, view] of load().entries()) expect(storageIn(view).get('key')).toBe(`value ${index}`);
});

test('a frame goes on finding its values when a frame before it is removed', () => {
  const page = pageWindow();
  addFrame(page);
  const storage = storageIn(addFrame(page));
  storage.set('key', 'value');
  page[0] = page[1] as View;
  page.length = 1;
  expect(storage.get('key')).toBe('value');
});

test('a storage that is full or forbidden loses values rather than throw', () => {
  const refuse = () => {
    throw new DOMException('Full, or forbidden.', 'QuotaExceededError');
  };
  vi.stubGlobal('sessionStorage', { getItem: refuse, setItem: refuse, removeItem: refuse });
  const storage = storageIn(pageWindow());
  storage.set('key', 'value');
  storage.set('key', null);
  expect(storage.get('key')).toBeNull();
});

test('where there is no window there is no value', () => {
  const storage = sessionTabStorage();
  storage.set('key', 'value');
  expect(storage.get('key')).toBeNull();
  expect(values.size).toBe(0);
});
