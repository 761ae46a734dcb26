/**
 * The one error class of solotab, and what becomes of the errors of other worlds that a driver rejects with.
 *
 * | a driver rejects with | becomes |
 * |---|---|
 * | a `SessionError` | itself |
 * | one of another copy of solotab in the page | one of this copy, with the same facts |
 * | an object whose `code` and `exception` are one pair of the catalogue | that code |
 * | a failed fetch, a lost network, a closed socket | 1016 |
 * | anything else | the call's own code: 1001 on start, 1011 on join and resume, 9999 elsewhere |
 *
 * A bare numeric `code` means nothing: sockets, SIP, other SDKs and databases count from 1000 too.
 */
import { isSessionErrorCode, SESSION_ERRORS } from './catalogue';
import { isText } from './check';
import { type CompleteFacts, completeFacts, type ErrorFacts, property, type SessionErrorEvent } from './error-facts';

/**
 * By this the copies of solotab in one page recognise each other's errors, which are no instances of one class. Its value is
 * the class of the copy that made the error.
 */
const BRAND: symbol = Symbol.for('solotab.SessionError');

/** Every refusal and every failure of a session. `code` and `exception` identify it; `cause` is what it was made from. */
export class SessionError extends Error implements SessionErrorEvent {
  declare readonly code: number;
  declare readonly exception: string;
  declare readonly suggestedAction: string;
  declare readonly retryable: boolean;
  declare readonly data?: unknown;
  declare readonly local: boolean;
  declare readonly tabId: string;
  declare readonly epoch: number;
  declare readonly seq: number | null;
  declare readonly at: number;
  declare readonly cause?: unknown;

  /**
   * `code` is one of `SESSION_ERRORS` or any other whole number, for an app's own errors. `facts` replaces the catalogue's texts,
   * names an error of the app's own (`exception`), adds `data` that can be cloned, and fills in where and when it happened. What
   * an error of the app's own leaves out is as with 9999. Throws a `TypeError` for a code that is no whole number.
   */
  constructor(code: number, facts: Partial<Omit<SessionErrorEvent, 'code'>> & { readonly cause?: unknown } = {}) {
    if (!Number.isSafeInteger(code)) {
      throw new TypeError(`new SessionError(${String(code)}): the code must be a whole number.`);
    }
    const complete = completeFacts({ ...facts, code });
    super(complete.message);
    const nowhere = { local: false, tabId: '', epoch: 0, seq: null, at: 0 };
    Object.assign(this, nowhere, facts, complete, { name: 'SessionError' });
  }

  /**
   * Whatever a driver threw, as a `SessionError`: see the table above. The original is kept as `cause`, in this tab only. The
   * texts of what is no `SessionError` are not taken over: they would reach every tab and the journal, and might hold a token.
   * Never throws, whatever `error` is.
   */
  static from(error: unknown, fallbackCode: number): SessionError {
    const madeBy = property(error, BRAND);
    if (madeBy === SessionError) return error as SessionError; // only this class says so
    const facts = factsOf(error, fallbackCode);
    return new SessionError(facts.code, { ...facts, cause: (madeBy ? property(error, 'cause') : null) ?? error });
  }

  /** The same as plain data: survives `postMessage`, storage and `JSON`, if `data` does. Without `cause`, which may hold secrets. */
  toJSON(): SessionErrorEvent {
    const { local, tabId, epoch, seq, at } = this;
    return { ...completeFacts(this), local, tabId, epoch, seq, at };
  }
}

// Not in the class: before 5.5, TypeScript refuses declarations of a class that has a member of such a name.
Object.defineProperty(SessionError.prototype, BRAND, { value: SessionError });

/** Why a call is refused: an error, or what the catalogue does not say of one that is yet to be made. */
export type Refusal = ErrorFacts & { readonly cause?: unknown };

/** The error of one tab alone, which no other is told of. */
export function localError(why: Refusal, where: Pick<SessionErrorEvent, 'tabId' | 'epoch' | 'at'>): SessionError {
  return new SessionError(why.code, { ...completeFacts(why), cause: why.cause, local: true, ...where });
}

/** Whether it is a `SessionError` of any copy of solotab. Read one of another copy by `SessionError.from` only. */
export function isSessionError(error: unknown): boolean {
  return Boolean(property(error, BRAND));
}

/** What `SessionError.from` would say, without an error object and its stack: for what is only told. */
export function factsOf(error: unknown, fallbackCode: number): CompleteFacts {
  if (isSessionError(error)) return completeFacts(error, fallbackCode);
  const code = property(error, 'code');
  const isPair = isSessionErrorCode(code) && property(error, 'exception') === SESSION_ERRORS[code].exception;
  return completeFacts({ code: isPair ? code : isNetworkFailure(error) ? 1016 : fallbackCode });
}

/** `fetch` rejects with a bare `TypeError` when it could not reach the server; each engine words it in its own way. */
const FETCH_FAILURES =
  /^(failed to fetch|fetch failed|load failed|network ?error|network request failed|the \w+ connection)/i;

function isNetworkFailure(error: unknown): boolean {
  const [name, message] = [property(error, 'name'), property(error, 'message')];
  if (name === 'NetworkError' || (name === 'TypeError' && isText(message) && FETCH_FAILURES.test(message))) return true;
  // A CloseEvent, or what packages for sockets have instead. The codes of RFC 6455, section 7.4, go from 1000 to 4999.
  const code = property(error, 'code');
  return typeof code === 'number' && code >= 1000 && code < 5000 && isText(property(error, 'reason'));
}
