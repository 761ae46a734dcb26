/** An app's own language and vocabulary for errors, applied in the tab that shows them. */
import { isText } from './check';
import type { SessionErrorEvent } from './error-facts';
import { isSessionError, SessionError } from './errors';

/** The app's words for a code. What it leaves out, and a code that it has no words for, keeps its own text. */
export type Describe = (
  code: number,
) => { readonly message?: string | undefined; readonly suggestedAction?: string | undefined } | undefined;

interface ErrorLogger {
  error(message: string, ...details: readonly unknown[]): void;
}

/**
 * `shown` in the words of `describe`: a new object, or the same one where there are no words for it. A `describe` that throws is
 * logged and ignored: its fault must not hide the error that it should describe.
 */
export function described<Shown extends SessionErrorEvent>(
  shown: Shown,
  describe: Describe | undefined,
  logger: ErrorLogger,
): Shown {
  try {
    const { message, suggestedAction } = describe?.(shown.code) ?? {};
    if (!isText(message) && !isText(suggestedAction)) return shown;
    const words = {
      ...shown,
      ...(isText(message) && { message }),
      ...(isText(suggestedAction) && { suggestedAction }),
    };
    // A `SessionError` of this copy has no fields but those that its constructor takes.
    return isSessionError(shown) ? (new SessionError(shown.code, words) as unknown as Shown) : words;
  } catch (error) {
    logger.error(`solotab: describe threw for the code ${shown.code}`, error);
    return shown;
  }
}
