/** Where an exploration begins. */

import type { Recovery } from '../../src/session/record';
import { NOBODY_HOME } from './actions';
import { follow } from './explore';
import { initialState, type Rules, type State } from './state';

/** Three tabs, and the first has the session. */
export function activeScene(tabs: number, rules: Rules, recovery?: Recovery): State {
  return follow(
    initialState(tabs, recovery),
    rules,
    '0 calls start',
    '0 start: takes its locks',
    '0 start: claims',
    '0 start: learns that it hosts',
    '0: its driver connects',
    '0 reports connected',
  );
}

/** The tab that had the session crashed, and is open again. */
export function lostScene(tabs: number, rules: Rules): State {
  return follow(activeScene(tabs, rules), rules, '0 crashes', '1 reaps term-1', '0 opens');
}

/** The second tab has asked for the session, sees that it was given, and is stopped before it acts. */
export function handedOverScene(tabs: number, rules: Rules): State {
  return follow(
    activeScene(tabs, rules),
    rules,
    '1 calls takeOver',
    '1 takeOver: takes its lock',
    '1 takeOver: claims',
    '0 sees the record',
    '0 reports here',
    '0: its driver has released the session',
    '0 reports handOver',
    '1 takeOver: sees the answer',
    '1 is stopped',
  );
}

/** The storage was cleared under the tab that has the session; another tab was opened since. */
export function clearedScene(tabs: number, rules: Rules): State {
  return follow(activeScene(tabs, rules), rules, '1 crashes', '2 crashes', 'the storage is cleared', '1 opens');
}

/** The browser was quit with a session, and is opened again a day later. */
export function nobodyHomeScene(tabs: number, rules: Rules): State {
  return follow(activeScene(tabs, rules), rules, NOBODY_HOME, '0 opens');
}

/** The tab that has the session was duplicated. */
export function copiedScene(tabs: number, rules: Rules): State {
  return follow(activeScene(tabs, rules), rules, '1 crashes', '1 opens as a copy of 0');
}
