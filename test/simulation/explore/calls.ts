import { CommandError, type Coordinator, SessionError } from '../../../src';
import type { SimulatedBrowser } from '../../../src/testing';
import type { Participant } from '../../../src/testing/machine';
import type { Page } from '../../../src/testing/page';

/** A call on a coordinator, and what came of it. */
export interface Call {
  readonly page: Page;
  readonly coordinator: Coordinator;
  readonly name: string;
  readonly from: number;
  /** It has the host run a command: it has no part in who becomes the host. */
  readonly isCommand: boolean;
  outcome: 'pending' | 'done' | number | 'rejected';
  settledAt: number;
}

/** Makes calls, and remembers those that have not settled. */
const HOSTING = ['start', 'join', 'resume', 'takeOver', 'takeOver by force', 'ensure'];

export class Calls {
  readonly all: Call[] = [];
  readonly #world: SimulatedBrowser;
  readonly #onRefusal: (call: Call, error: SessionError) => void;

  constructor(world: SimulatedBrowser, onRefusal: (call: Call, error: SessionError) => void) {
    this.#world = world;
    this.#onRefusal = onRefusal;
  }

  make(
    { page, coordinator }: Pick<Participant, 'page' | 'coordinator'>,
    name: string,
    run: (coordinator: Coordinator) => Promise<unknown>,
    isCommand = false,
  ): Call {
    const world = this.#world;
    const call: Call = { page, coordinator, name, from: world.now, isCommand, outcome: 'pending', settledAt: Infinity };
    this.all.push(call);
    page.log(`calls ${name}`);
    run(coordinator).then(
      () => {
        if (page.gone) return;
        call.outcome = 'done';
        call.settledAt = world.now;
        if (page.isWorker && HOSTING.includes(name)) world.violate(`${page.name} ${name} is done in a worker`);
        page.log(`${name} is done`);
      },
      (error: unknown) => {
        if (page.gone) return;
        call.outcome = error instanceof SessionError ? error.code : 'rejected';
        call.settledAt = world.now;
        page.log(() => `${name} rejects: ${describe(error)}`);
        if (error instanceof SessionError && error.local && !isCommand) this.#onRefusal(call, error);
        else if (error instanceof TypeError || error instanceof RangeError)
          world.violate(`${name} rejects with ${error}`);
      },
    );
    return call;
  }

  /** Whether the coordinator was told to close. */
  hasClosed(coordinator: Coordinator): boolean {
    return this.all.some((call) => call.coordinator === coordinator && call.name === 'close');
  }

  /** Whether a page waits for a call of a person that may make it the host. */
  isBidding(page: Page): boolean {
    return this.pending.some((call) => call.page === page && !call.isCommand && call.name !== 'ensure');
  }

  /** Those that a page still waits for. */
  get pending(): readonly Call[] {
    return this.all.filter(({ outcome, page }) => outcome === 'pending' && !page.gone);
  }
}

function describe(error: unknown): string {
  if (error instanceof CommandError) return `${error.outcome} ${error.message}`;
  if (error instanceof SessionError) return `${error.code}${error.local ? ' local' : ''} ${error.message}`;
  return String(error);
}
