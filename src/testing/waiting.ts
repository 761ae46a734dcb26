/**
 * Tells a test that hangs what it hangs on. Virtual time stands still until a test moves it, so a call that waits for it, or for
 * a driver that the test plays, waits for ever; all that the test runner says is that the test took too long.
 */
import { consoleLogger } from '../platform/browser';
import type { Participant } from './machine';
import type { Network } from './network';
import type { Scheduler } from './scheduler';

export interface WaitingPorts {
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** Real milliseconds without anything that happens, after which it is told. */
  readonly afterMs: number;
}

const CALLS = ['start', 'join', 'resume', 'takeOver', 'ensure', 'cancel', 'end', 'forget', 'call', 'close'] as const;

interface Call {
  readonly what: string;
  /** The test that made it. */
  readonly test: unknown;
}

/** Watches the calls of coordinators, and warns of those that nothing is done for any more: once each. */
export function watchCalls({ scheduler, network, afterMs }: WaitingPorts): (participant: Participant) => void {
  const pending = new Set<Call>();
  let isWatching = false;

  /** The same as long as neither the simulated browser nor fake timers go on. */
  const progress = (): string => `${scheduler.steps} ${scheduler.now}`;

  function look(before: string): void {
    isWatching = false;
    const test = currentTest();
    // A test that is over waits for nothing.
    for (const call of pending) if (call.test !== test) pending.delete(call);
    if (pending.size === 0) return;
    if (progress() !== before) {
      watch();
      return;
    }
    const calls = [...pending].map(({ what }) => what).join(', ');
    pending.clear();
    consoleLogger().warn(`solotab/testing: nothing happens any more, and these calls wait: ${calls}. ${reason()}`);
  }

  function watch(): void {
    if (isWatching) return;
    isWatching = true;
    const before = progress();
    whenReally(afterMs, () => look(before));
  }

  function reason(): string {
    const [attempt] = network.attempts;
    if (attempt) {
      return `The driver of tab ${attempt.page.name} waits for browser.connect(tab) or browser.fail(tab), or for its tab to have the driver 'auto'.`;
    }
    const [connecting] = network.connecting;
    const due = scheduler.nextMs;
    const time = `Time passes by browser.advance(ms), or by fake timers of your test runner${
      due === undefined ? '.' : `; the next timer of a tab is due in ${Math.ceil(due)} ms.`
    }`;
    return connecting ? `The driver of tab ${connecting.page.name} has not answered. ${time}` : time;
  }

  return ({ name, coordinator }) => {
    for (const method of CALLS) {
      // All of them are functions that promise something, and each gets what its caller gives.
      const call = coordinator[method] as (...given: unknown[]) => Promise<unknown>;
      const watched = (...given: unknown[]): Promise<unknown> => {
        const answer = call(...given);
        const entry = { what: `${method}() in tab ${name}`, test: currentTest() };
        const settled = (): unknown => pending.delete(entry);
        pending.add(entry);
        answer.then(settled, settled);
        watch();
        return answer;
      };
      Object.assign(coordinator, { [method]: watched });
    }
  };
}

/** Calls back after real milliseconds, and keeps no process running for it. Where there are fake timers alone, after theirs. */
function whenReally(ms: number, callback: () => void): void {
  if ('clock' in setTimeout) {
    AbortSignal.timeout(ms).addEventListener('abort', callback);
    return;
  }
  // A number in browsers and jsdom.
  const timer = setTimeout(callback, ms) as unknown as { unref?(): void };
  timer.unref?.();
}

/** The name of the test that runs, as vitest and Jest have it; undefined where there is neither. */
function currentTest(): unknown {
  const known = globalThis as { readonly [EXPECT]?: Expect; readonly expect?: Expect };
  return (known[EXPECT] ?? known.expect)?.getState?.().currentTestName;
}

/** Where vitest keeps its `expect`, also if tests import it. */
const EXPECT = Symbol.for('expect-global');

interface Expect {
  getState?(): { readonly currentTestName?: string };
}
