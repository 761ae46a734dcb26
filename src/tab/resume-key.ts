/**
 * The right to go on with a session by itself: the id of the last term, in the `sessionStorage` of the tab that held it, so that it
 * survives a reload. `decide` compares it with the record's, and a claim spends it.
 *
 * The key belongs to a document, and its storage is seen by others: a tab that is duplicated gets a copy, and a second coordinator
 * in the page reads the same. Both find that the host of that term still answers, and forget the key. The host signs its storage
 * with each answer: what was not signed is a copy, and is erased.
 */
import type { TabStorage } from '../platform/platform';
import { isObject, isText } from '../session/check';

export interface ResumeKey {
  /** The last term of this document, or of the one that was in this tab before; '' for none. */
  term(): string;
  /** When the host of `term` left, if it was in this tab and said so: milliseconds since the Unix epoch. */
  leftAt(term: string): number | undefined;
  /** This document holds `term` now: if it is lost, it may be resumed here. */
  keep(term: string): void;
  /** This document, the host, is about to answer whether it lives. */
  sign(): void;
  /** This document, the host, is left. Written at once: no asynchronous work will finish. */
  leave(now: number): void;
  /** The page is back: another document of this tab may have held a term meanwhile. */
  reread(): void;
  /** Erases a key of this tab, whichever document left it. */
  forget(): void;
  /** Gives up a key that is another document's, once `isAlive` has shown that its term lives. */
  check(isAlive: () => Promise<boolean>): Promise<void>;
}

interface Key {
  readonly term: string;
  readonly leftAt?: number | undefined;
}

export function resumeKey(storage: TabStorage, name: string): ResumeKey {
  /** As this document may use it. Read when it is first needed: in most pages it never is. */
  let known: Key | undefined;
  let signatures = 0;

  const read = () => (known ??= parse(storage.get(name)));
  const write = (): void => {
    signatures += 1;
    storage.set(name, JSON.stringify({ ...known, signatures }));
  };

  return {
    term: () => read().term,
    leftAt: (term) => (read().term === term ? read().leftAt : undefined),
    keep(term) {
      known = { term };
      write();
    },
    sign: write,
    leave(leftAt) {
      known = { term: read().term, leftAt };
      write();
    },
    reread() {
      known = undefined;
    },
    forget() {
      known = { term: '' };
      storage.set(name, null);
    },
    async check(isAlive) {
      const before = storage.get(name);
      if (!(await isAlive()) || signatures > 0) return;
      if (storage.get(name) === before) storage.set(name, null);
      known = { term: '' };
    },
  };
}

function parse(text: string | null): Key {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (isObject(value) && isText(value.term)) {
      return { term: value.term, leftAt: Number.isFinite(value.leftAt) ? Number(value.leftAt) : undefined };
    }
  } catch {
    // Nothing, or nothing of ours.
  }
  return { term: '' };
}
