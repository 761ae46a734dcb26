/**
 * Breadth first through all states that a number of actions leads to, with every interleaving of the program steps in
 * between and after them, up to where nothing more happens.
 */
import { actions } from './actions';
import { isCalm, violationsOf } from './invariants';
import { keyOf } from './key';
import type { Rules, State } from './state';
import { programSteps, type Step } from './steps';

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** The longest of the shortest ways to a state, in steps. */
  readonly depth: number;
  /** Actions on every way, at most. */
  readonly actions: number;
  readonly isComplete: boolean;
  readonly seconds: number;
  /** By kind, the shortest way to each. */
  readonly violations: ReadonlyMap<string, string>;
  readonly stuck: readonly string[];
}

export interface ExploreOptions {
  readonly from: State;
  readonly actions: number;
  readonly rules: Rules;
  /** Gives up after so many states. */
  readonly limit?: number;
}

interface Node {
  readonly parent: number;
  readonly label: string;
  readonly depth: number;
}

export function explore(options: ExploreOptions): Exploration {
  const { from, rules, limit = Number.POSITIVE_INFINITY } = options;
  const began = performance.now();
  const nodes: Node[] = [];
  const seen = new Map<number, number>();
  const edges: number[][] = [];
  const calm: boolean[] = [];
  const exempt: boolean[] = [];
  const violations = new Map<string, string>();
  let steps = 0;
  let depth = 0;

  const visit = (state: State, parent: number, label: string): { id: number; isNew: boolean } => {
    const key = keyOf(state);
    const known = seen.get(key);
    if (known !== undefined) return { id: known, isNew: false };
    const id = nodes.length;
    const at = (nodes[parent]?.depth ?? -1) + 1;
    depth = Math.max(depth, at);
    nodes.push({ parent, label, depth: at });
    seen.set(key, id);
    edges.push([]);
    calm.push(isCalm(state));
    exempt.push(isExempt(state));
    return { id, isNew: true };
  };
  /** Follows a step; what comes after a violation is left alone. */
  const take = (state: State, id: number, step: Step, queue: { state: State; id: number }[]): number | undefined => {
    steps += 1;
    const { next, label } = step;
    const found = violationsOf(state, next);
    for (const violation of found) {
      const kind = violation.replace(/\d+/g, '#');
      if (!violations.has(kind)) violations.set(kind, [violation, ...wayTo(nodes, id, [label], options)].join('\n'));
    }
    if (found.length > 0) return undefined;
    const visited = visit(next, id, label);
    if (visited.isNew) queue.push({ state: next, id: visited.id });
    return visited.id;
  };

  let layer = [{ state: from, id: visit(from, -1, '').id }];
  let done = 0;
  let isComplete = true;
  const isDone = (): boolean => nodes.length >= limit;
  for (; ; done += 1) {
    for (let at = 0; at < layer.length; at += 1) {
      const item = layer[at];
      if (!item) break;
      if (isDone()) isComplete = false;
      if (!isComplete) break;
      for (const step of programSteps(item.state, rules)) {
        const target = take(item.state, item.id, step, layer);
        if (target !== undefined) edges[item.id]?.push(target);
        // Who knows what would have come of it: it is told as what it is.
        else calm[item.id] = true;
      }
    }
    if (!isComplete || done === options.actions) break;
    const next: typeof layer = [];
    for (const { state, id } of layer) {
      if (isDone()) isComplete = false;
      if (!isComplete) break;
      for (const step of actions(state, rules)) take(state, id, step, next);
    }
    layer = next;
  }
  const stuck = isComplete ? stuckOf(edges, calm, exempt).map((id) => wayTo(nodes, id, [], options).join('\n')) : [];
  const seconds = (performance.now() - began) / 1_000;
  return { states: nodes.length, steps, depth, actions: done, isComplete, seconds, violations, stuck };
}

/** Who can't run and holds a lock is waited for until a person insists; and where nobody runs, nothing does. */
function isExempt({ tabs }: State): boolean {
  return (
    tabs.some(({ life, locks }) => life === 'stopped' || (life === 'frozen' && locks.length > 0)) ||
    !tabs.some(({ life }) => life === 'awake')
  );
}

/** States from which no way of program steps leads to a calm one: the shortest first, and no more than a few. */
function stuckOf(edges: readonly number[][], calm: readonly boolean[], exempt: readonly boolean[]): number[] {
  const before: number[][] = edges.map(() => []);
  edges.forEach((targets, from) => {
    for (const to of targets) before[to]?.push(from);
  });
  const reaches = [...calm];
  const queue = calm.flatMap((isSo, id) => (isSo ? [id] : []));
  for (let at = 0; at < queue.length; at += 1) {
    for (const from of before[queue[at] ?? 0] ?? []) {
      if (reaches[from]) continue;
      reaches[from] = true;
      queue.push(from);
    }
  }
  return reaches.flatMap((isSo, id) => (isSo || exempt[id] ? [] : [id])).slice(0, 5);
}

/** The state that these steps lead to, by their labels. */
export function follow(from: State, rules: Rules, ...labels: readonly string[]): State {
  return labels.reduce((state, label) => {
    const step = stepsFrom(state, rules).find((other) => other.label === label);
    if (!step)
      throw new Error(`No step from here is "${label}": ${stepsFrom(state, rules).map((other) => other.label)}`);
    return step.next;
  }, from);
}

function stepsFrom(state: State, rules: Rules): Step[] {
  return [...actions(state, rules), ...programSteps(state, rules)];
}

/** The way to a state, with what it does to the record. */
function wayTo(
  nodes: readonly Node[],
  id: number,
  last: readonly string[],
  { from: start, rules }: ExploreOptions,
): string[] {
  const labels = [...last];
  for (let at = nodes[id], from = id; at && from > 0; from = at.parent, at = nodes[from]) labels.unshift(at.label);
  let state: State = start;
  return labels.map((label, index) => {
    state = follow(state, rules, label);
    const { phase, epoch, term, hostTabId, successor } = state.record;
    const host = term === null ? '' : ` ${term} of ${hostTabId}`;
    const next = successor ? `, then ${successor.tabId}` : '';
    return `${String(index + 1).padStart(3)}  ${label.padEnd(48)} ${phase} ${epoch}${host}${next}`;
  });
}
