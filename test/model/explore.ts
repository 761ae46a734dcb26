/**
 * Breadth first through all states that a number of actions leads to, with every interleaving of the program steps in
 * between and after them, up to where nothing more happens.
 */
import { actions, ON_REQUEST } from './actions';
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
  /** How often each action was taken, whichever tab it was done to. */
  readonly taken: ReadonlyMap<string, number>;
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
  /** Default: every action. */
  readonly only?: readonly string[];
  /** Gives up after so many states. */
  readonly limit?: number;
}

/** Column by column: there are millions. */
interface Nodes {
  readonly parent: number[];
  readonly label: string[];
  readonly depth: number[];
}

/** Program steps, from a state to the next. */
interface Edges {
  readonly from: number[];
  readonly to: number[];
}

interface Item {
  readonly state: State;
  readonly id: number;
}

export function explore(options: ExploreOptions): Exploration {
  const { from, rules, only, limit = Number.POSITIVE_INFINITY } = options;
  const began = performance.now();
  const nodes: Nodes = { parent: [], label: [], depth: [] };
  const seen = new Map<number, number>();
  const edges: Edges = { from: [], to: [] };
  const taken = new Map<string, number>();
  const calm: boolean[] = [];
  const exempt: boolean[] = [];
  const violations = new Map<string, string>();
  let steps = 0;
  let depth = 0;

  const visit = (state: State, parent: number, label: string): { id: number; isNew: boolean } => {
    const key = keyOf(state);
    const known = seen.get(key);
    if (known !== undefined) return { id: known, isNew: false };
    const id = seen.size;
    const at = (nodes.depth[parent] ?? -1) + 1;
    depth = Math.max(depth, at);
    nodes.parent.push(parent);
    nodes.label.push(label);
    nodes.depth.push(at);
    seen.set(key, id);
    calm.push(isCalm(state));
    exempt.push(isExempt(state));
    return { id, isNew: true };
  };
  /** Follows a step; what comes after a violation is left alone. */
  const take = (state: State, id: number, step: Step, queue: (Item | undefined)[]): number | undefined => {
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

  let layer: (Item | undefined)[] = [{ state: from, id: visit(from, -1, '').id }];
  let done = 0;
  let isComplete = true;
  const isDone = (): boolean => seen.size >= limit;
  for (; ; done += 1) {
    for (let at = 0; at < layer.length; at += 1) {
      const item = layer[at];
      if (!item) break;
      if (isDone()) isComplete = false;
      if (!isComplete) break;
      for (const step of programSteps(item.state, rules)) {
        const target = take(item.state, item.id, step, layer);
        // Who knows what would have come of it: it is told as what it is.
        if (target === undefined) calm[item.id] = true;
        else {
          edges.from.push(item.id);
          edges.to.push(target);
        }
      }
      // The last ones are most, and nobody needs them any more.
      if (done === options.actions) layer[at] = undefined;
    }
    if (!isComplete || done === options.actions) break;
    const next: typeof layer = [];
    for (const item of layer) {
      if (isDone()) isComplete = false;
      if (!item || !isComplete) break;
      for (const step of actions(item.state, rules, only)) {
        const name = step.label.replace(/^\d+ | of \d+$/g, '');
        taken.set(name, (taken.get(name) ?? 0) + 1);
        take(item.state, item.id, step, next);
      }
    }
    layer = next;
  }
  const stuck = isComplete ? stuckOf(edges, calm, exempt).map((id) => wayTo(nodes, id, [], options).join('\n')) : [];
  const seconds = (performance.now() - began) / 1_000;
  return { states: seen.size, steps, depth, actions: done, taken, isComplete, seconds, violations, stuck };
}

/** Who can't run and holds a lock is waited for until a person insists; and where nobody runs, nothing does. */
function isExempt({ tabs }: State): boolean {
  return (
    tabs.some(({ life, locks }) => life === 'stopped' || (life === 'frozen' && locks.length > 0)) ||
    !tabs.some(({ life }) => life === 'awake')
  );
}

/** States from which no way of program steps leads to a calm one: the shortest first, and no more than a few. */
function stuckOf(edges: Edges, calm: readonly boolean[], exempt: readonly boolean[]): number[] {
  const before: number[][] = calm.map(() => []);
  edges.to.forEach((to, at) => void before[to]?.push(edges.from[at] ?? 0));
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
  return [...actions(state, rules), ...actions(state, rules, ON_REQUEST), ...programSteps(state, rules)];
}

/** The way to a state, with what it does to the record. */
function wayTo(
  { parent, label }: Nodes,
  id: number,
  last: readonly string[],
  { from: start, rules }: ExploreOptions,
): string[] {
  const labels = [...last];
  for (let at = id; at > 0; at = parent[at] ?? 0) labels.unshift(label[at] ?? '');
  let state: State = start;
  return labels.map((name, index) => {
    state = follow(state, rules, name);
    const { phase, epoch, term, hostTabId, successor } = state.record;
    const host = term === null ? '' : ` ${term} of ${hostTabId}`;
    const next = successor ? `, then ${successor.tabId}` : '';
    return `${String(index + 1).padStart(3)}  ${name.padEnd(48)} ${phase} ${epoch}${host}${next}`;
  });
}
