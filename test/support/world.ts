/** Tabs of a simulated browser, and what they hear, see and are answered, in words. */
import type { Coordinator, CoordinatorEvents, Driver, DriverContext, SessionSnapshot, Shape } from 'solotab';
import {
  createSimulatedBrowser,
  type SimulatedBrowser,
  type SimulatedBrowserOptions,
  type SimulatedSession,
  type SimulatedShape,
  type SimulatedTab,
  type TabOptions,
} from 'solotab/testing';
import { expect } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';

type AnyTab = { readonly coordinator: Pick<Coordinator, 'getSnapshot' | 'on'> };

const SESSION_EVENTS = [
  'session_error',
  'session_started',
  'session_joined',
  'session_resumed',
  'session_reconnecting',
  'session_ended',
] as const satisfies readonly (keyof CoordinatorEvents)[];

export interface World<S extends Shape = SimulatedShape> {
  readonly world: SimulatedBrowser;
  readonly tabs: readonly SimulatedTab<S>[];
  /** The first three, for tests that need no more. */
  readonly a: SimulatedTab<S>;
  readonly b: SimulatedTab<S>;
  readonly c: SimulatedTab<S>;
}

/** A browser with three tabs that have read the first snapshot, and are settled. */
export async function openWorld<S extends Shape = SimulatedShape>(
  options: TabOptions<S> & { readonly browser?: SimulatedBrowserOptions } = {},
): Promise<World<S>> {
  const { browser, ...tabOptions } = options;
  const world = createSimulatedBrowser(browser);
  const open = () => world.openTab<S>(tabOptions);
  const [a, b, c] = [open(), open(), open()];
  await world.settle();
  return { world, a, b, c, tabs: [a, b, c] };
}

/** The same with a session in the first tab. */
export async function openSession(
  options: TabOptions & { readonly browser?: SimulatedBrowserOptions } = {},
): Promise<World & { readonly session: SimulatedSession }> {
  const opened = await openWorld(options);
  const { world, a } = opened;
  const started = a.coordinator.start();
  if (options.driver === 'auto') await world.settle();
  else await world.connect(a);
  return { ...opened, session: await started };
}

/** Two tabs with coordinators that nothing stands between, not even what watches the drivers of a simulated tab. */
export async function openBare(driver: Driver) {
  const world = createSimulatedBrowser();
  const open = () => {
    const tab = world.openTab({ bare: true });
    return { tab, coordinator: createCoordinatorOn(tab.platform, { name: 'simulated', driver }) };
  };
  const [a, b] = [open(), open()];
  await world.settle();
  return { world, a, b };
}

/** What has become of a call: `pending`, `done`, the code of a refusal, or the name of another error. */
export interface Followed<Value> {
  outcome: 'pending' | 'done' | number | string;
  value: Value | undefined;
  error: unknown;
}

/** Follows a call without waiting for it. */
export function follow<Value>(call: Promise<Value>): Followed<Value> {
  const followed: Followed<Value> = { outcome: 'pending', value: undefined, error: undefined };
  call.then(
    (value) => Object.assign(followed, { outcome: 'done', value }),
    (error) => Object.assign(followed, { outcome: error?.code || error?.name || String(error), error }),
  );
  return followed;
}

/** A rejection by name, as `DOMException`s are: they have a `code` of their own. */
export function rejects(call: Promise<unknown>, name: 'AbortError' | 'InvalidStateError'): Promise<void> {
  return expect(call).rejects.toMatchObject({ name });
}

/** Everything that a tab hears from now on: `session_error 1016`, `session_ended host-lost`, `note`. */
export function hear({ coordinator }: AnyTab, ...types: readonly string[]): string[] {
  return hearAll(coordinator, types, ({ type, ...event }) =>
    [type, event.code ?? event.reason].filter(Boolean).join(' '),
  );
}

/** The same with its number: `note 3:8`, or `session_error 1002 local`. */
export function hearNumbers({ coordinator }: AnyTab, ...types: readonly string[]): string[] {
  return hearAll(coordinator, types, ({ type, ...event }) =>
    [type, event.code ?? event.reason, event.seq === null ? 'local' : `${event.epoch}:${event.seq}`]
      .filter(Boolean)
      .join(' '),
  );
}

function hearAll(
  coordinator: AnyTab['coordinator'],
  types: readonly string[],
  describe: (event: Record<string, unknown>) => string,
): string[] {
  const heard: string[] = [];
  for (const type of [...SESSION_EVENTS, ...types]) {
    coordinator.on(type, (event) => heard.push(describe({ ...event, type })));
  }
  return heard;
}

/** What a tab sees: `active host`. */
export function look({ coordinator }: AnyTab): string {
  const { phase, role } = coordinator.getSnapshot();
  return `${phase} ${role}`;
}

/** Each phase that a tab sees from now on. */
export function phasesSeenBy({ coordinator }: AnyTab): SessionSnapshot['phase'][] {
  const seen = [coordinator.getSnapshot().phase];
  coordinator.on('statechange', ({ phase }) => {
    if (phase !== seen[seen.length - 1]) seen.push(phase);
  });
  return seen;
}

/** A promise and its two ends. */
export function deferred<Value = void>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  return { promise, resolve, reject };
}

/** A driver that connects at once, and hands out its contexts. */
export function simpleDriver(changes: Partial<Record<'start' | 'join' | 'end', unknown>> = {}) {
  const contexts: DriverContext[] = [];
  const connect = (_: unknown, context: DriverContext): object => {
    contexts.push(context);
    return { epoch: context.epoch };
  };
  return { contexts, driver: { start: connect, join: connect, end: () => undefined, ...changes } as never };
}
