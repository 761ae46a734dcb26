import { describe, expect, test } from 'vitest';
import type { TabStorage } from '../../src/platform/platform';
import { resumeKey } from '../../src/tab/resume-key';

const NAME = 'solotab:support';

/** A tab's `sessionStorage`. */
function tabStorage(given: readonly (readonly [string, string])[] = []) {
  const values = new Map(given);
  let reads = 0;
  const storage: TabStorage = {
    get(key) {
      reads += 1;
      return values.get(key) ?? null;
    },
    set(key, value) {
      if (value === null) values.delete(key);
      else values.set(key, value);
    },
  };
  return {
    ...{ storage, values },
    reads: () => reads,
    /** What a duplicated tab begins with. */
    copy: () => tabStorage([...values]),
  };
}

const yes = async (): Promise<boolean> => true;
const no = async (): Promise<boolean> => false;

describe('the key', () => {
  test('survives a reload of its tab', () => {
    const { storage } = tabStorage();
    resumeKey(storage, NAME).keep('t1');
    expect(resumeKey(storage, NAME).term()).toBe('t1');
  });

  test('is that of the last term, with nothing of the one before', () => {
    const { storage } = tabStorage();
    const key = resumeKey(storage, NAME);
    key.keep('t1');
    key.leave(5);
    key.keep('t2');
    for (const each of [key, resumeKey(storage, NAME)]) {
      expect([each.term(), each.leftAt('t1'), each.leftAt('t2')]).toEqual(['t2', undefined, undefined]);
    }
  });

  test('is the scope’s own', () => {
    const { storage } = tabStorage();
    resumeKey(storage, NAME).keep('t1');
    expect(resumeKey(storage, 'solotab:other').term()).toBe('');
  });

  test('is not looked for before it is needed: in most pages it never is', () => {
    const { storage, reads } = tabStorage();
    const key = resumeKey(storage, NAME);
    expect(reads()).toBe(0);
    key.term();
    key.term();
    expect(reads()).toBe(1);
  });

  test.each<[string, string | null]>([
    ['nothing', null],
    ['an empty text', ''],
    ['half a text', '{"term":"t'],
    ['the key of an older build', 't1'],
    ['no object', 'null'],
    ['a list', '["t1"]'],
    ['no term', '{"leftAt":5}'],
    ['a term that is no text', '{"term":7}'],
    ['a field that only looks like one', '{"__proto__":{"term":"t1"}}'],
  ])('is none where the tab has %s', (_, text) => {
    const { storage } = tabStorage(text === null ? [] : [[NAME, text]]);
    const key = resumeKey(storage, NAME);
    expect([key.term(), key.leftAt('t1'), key.leftAt('')]).toEqual(['', undefined, undefined]);
  });
});

describe('when the host left', () => {
  test('is known to the document that comes after it in this tab', () => {
    const { storage } = tabStorage();
    const key = resumeKey(storage, NAME);
    key.keep('t1');
    key.leave(1_234);
    expect(resumeKey(storage, NAME).leftAt('t1')).toBe(1_234);
    expect(key.leftAt('t1')).toBe(1_234);
  });

  test('is not known of another term', () => {
    const { storage } = tabStorage();
    const key = resumeKey(storage, NAME);
    key.keep('t1');
    key.leave(1_234);
    expect(resumeKey(storage, NAME).leftAt('t2')).toBeUndefined();
  });

  test('is not known of a host that is still there', () => {
    const { storage } = tabStorage();
    resumeKey(storage, NAME).keep('t1');
    expect(resumeKey(storage, NAME).leftAt('t1')).toBeUndefined();
  });

  test.each(['"soon"', 'null', '[]', '1e999'])('is not known if it is %s', (leftAt) => {
    const { storage } = tabStorage([[NAME, `{"term":"t1","leftAt":${leftAt}}`]]);
    expect(resumeKey(storage, NAME).leftAt('t1')).toBeUndefined();
  });
});

describe('a key whose term is checked', () => {
  test('is kept if its term is dead: this document may go on', async () => {
    const { storage } = tabStorage();
    resumeKey(storage, NAME).keep('t1');
    const key = resumeKey(storage, NAME);
    await key.check(async () => false);
    expect(key.term()).toBe('t1');
    expect(resumeKey(storage, NAME).term()).toBe('t1');
  });

  test('is forgotten and erased in a duplicated tab: there the host does not sign its answer', async () => {
    const original = tabStorage();
    const host = resumeKey(original.storage, NAME);
    host.keep('t1');
    const { storage, values } = original.copy();
    const key = resumeKey(storage, NAME);
    await key.check(async () => {
      host.sign();
      return true;
    });
    expect([key.term(), [...values]]).toEqual(['', []]);
    expect(resumeKey(original.storage, NAME).term()).toBe('t1');
  });

  test('is forgotten and left alone by a second coordinator or a frame in the host’s tab: the host signs the storage that it sees', async () => {
    const { storage } = tabStorage();
    const host = resumeKey(storage, NAME);
    host.keep('t1');
    const key = resumeKey(storage, NAME);
    await key.check(async () => {
      host.sign();
      return true;
    });
    expect(key.term()).toBe('');
    // After a reload the host goes on.
    expect(resumeKey(storage, NAME).term()).toBe('t1');
  });

  test('is signed anew by each answer: a copy of a signed key is a copy', async () => {
    const original = tabStorage();
    const host = resumeKey(original.storage, NAME);
    host.keep('t1');
    host.sign();
    host.sign();
    const { storage, values } = original.copy();
    const key = resumeKey(storage, NAME);
    await key.check(async () => {
      host.sign();
      return true;
    });
    expect([key.term(), values.size]).toEqual(['', 0]);
  });

  test('is kept by a document that became host meanwhile', async () => {
    const { storage } = tabStorage();
    resumeKey(storage, NAME).keep('t1');
    const key = resumeKey(storage, NAME);
    await key.check(async () => {
      key.keep('t2');
      return true;
    });
    expect([key.term(), resumeKey(storage, NAME).term()]).toEqual(['t2', 't2']);
  });

  test('is checked without harm where there is none', async () => {
    for (const isAlive of [yes, no]) {
      const { storage, values } = tabStorage();
      const key = resumeKey(storage, NAME);
      await key.check(isAlive);
      expect([key.term(), values.size]).toEqual(['', 0]);
    }
  });
});

test('a page that is back reads it again: another document of the tab may have held a term meanwhile', () => {
  const { storage } = tabStorage();
  const cached = resumeKey(storage, NAME);
  cached.keep('t1');
  resumeKey(storage, NAME).keep('t2');
  expect(cached.term()).toBe('t1');
  cached.reread();
  expect(cached.term()).toBe('t2');
});
