/**
 * Edits of the real code, each of which breaks one rule, and the tests that have to notice it. `find` has to occur exactly once in
 * `file`: one whose text is gone is a failure too, so that the lists follow the code.
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} breaks The rule that no longer holds.
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 * @property {readonly string[]} tests Files of the project `node`: any of their tests may be the one that fails.
 */
import { ATTEMPTS } from './lists/attempts.mjs';
import { BY_ITSELF } from './lists/by-itself.mjs';
import { CLAIMS } from './lists/claims.mjs';
import { COMMAND_CALLS } from './lists/command-calls.mjs';
import { COMMANDS } from './lists/commands.mjs';
import { HOST } from './lists/host.mjs';
import { LAST_WORDS } from './lists/last-words.mjs';
import { PLATFORM } from './lists/platform.mjs';
import { RECORD } from './lists/record.mjs';
import { RECOVERY } from './lists/recovery.mjs';
import { WISH_CLAUSES } from './lists/wish-clauses.mjs';
import { WISH_DETAILS } from './lists/wish-details.mjs';
import { WISHES } from './lists/wishes.mjs';
import { WORKERS } from './lists/workers.mjs';

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  ...CLAIMS,
  ...RECORD,
  ...RECOVERY,
  ...HOST,
  ...LAST_WORDS,
  ...COMMANDS,
  ...COMMAND_CALLS,
  ...WISHES,
  ...WISH_CLAUSES,
  ...WISH_DETAILS,
  ...BY_ITSELF,
  ...ATTEMPTS,
  ...WORKERS,
  ...PLATFORM,
];

/** How often `find` occurs in `text`. */
export function occurrences(text, find) {
  return text.split(find).length - 1;
}
