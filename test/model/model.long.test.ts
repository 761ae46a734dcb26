import { expect, test } from 'vitest';
import { decide } from '../../src/session/decide';
import { SEVEN } from './actions';
import { type Exploration, explore } from './explore';
import { activeScene, clearedScene, copiedScene, handedOverScene, lostScene, nobodyHomeScene } from './scenes';
import { initialState, RECOVERY, type State } from './state';

/** `ACTIONS=4` goes deeper with every action: minutes rather than seconds, and some gigabytes. */
const more = Number(process.env.ACTIONS ?? 3) - 3;

interface Scene {
  readonly name: string;
  readonly from: () => State;
  readonly actions: number;
  readonly only?: readonly string[];
}

const THE_SEVEN = 'start, end, cancel, takeOver, crash, freeze, wake';

const SCENES: readonly Scene[] = [
  { name: `three idle tabs × ${THE_SEVEN}`, from: () => initialState(3), actions: 3, only: SEVEN },
  { name: 'three idle tabs × every action', from: () => initialState(3), actions: 3 + more },
  { name: 'three tabs, one with the session × every action', from: () => activeScene(3, decide), actions: 2 + more },
  {
    name: 'three tabs, one was stopped as it was handed the session × start, end, wake',
    from: () => handedOverScene(3, decide),
    actions: 3,
    only: ['calls start', 'calls end', 'wakes'],
  },
  { name: 'three tabs and a lost session × every action', from: () => lostScene(3, decide), actions: 2 + more },
  {
    name: 'three tabs, one with a session that can not be recovered × every action',
    from: () => activeScene(3, decide, { ...RECOVERY, by: 'none' }),
    actions: 2 + more,
  },
  {
    name: 'storage that was cleared under a session × every action',
    from: () => clearedScene(3, decide),
    actions: 2 + more,
  },
  {
    name: 'a session, and nobody home for a day × every action',
    from: () => nobodyHomeScene(2, decide),
    actions: 2 + more,
  },
  {
    name: 'a session in a tab that was duplicated × every action',
    from: () => copiedScene(2, decide),
    actions: 2 + more,
  },
];

function print(name: string, { states, steps, actions, taken, depth, isComplete, seconds }: Exploration): void {
  const all = isComplete ? `all interleavings of ${actions} actions` : `not all interleavings of ${actions} actions`;
  const count = `${states} states, ${steps} steps between them, the farthest ${depth} steps away`;
  const kinds = [...taken].map(([action, times]) => `${action} ${times}`).join(', ');
  process.stdout.write(`${name}, ${all}: ${count}; ${seconds.toFixed(1)} s\n  taken: ${kinds}\n`);
}

for (const { name, from, actions, only } of SCENES) {
  test(`${name}: no ${actions} actions break a rule or leave anyone stuck, in any order`, {
    timeout: 3_600_000,
  }, () => {
    const result = explore({ from: from(), actions, rules: decide, ...(only && { only }) });
    print(name, result);
    expect([...result.violations.values()]).toEqual([]);
    expect(result.stuck, result.stuck[0]).toEqual([]);
    expect(result.isComplete).toBe(true);
    expect([...result.taken.keys()]).toEqual(expect.arrayContaining([...(only ?? SEVEN)]));
  });
}
