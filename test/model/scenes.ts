/** Where an exploration begins. */
import { follow } from './explore';
import { initialState, type Rules, type State } from './state';

/** Three tabs, and the first has the session. */
export function activeScene(tabs: number, rules: Rules): State {
  return follow(
    initialState(tabs),
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
