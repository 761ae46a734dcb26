import { type Coordinator, SessionError } from '../../../src';
import type { SimulatedBrowser } from '../../../src/testing';
import type { Participant } from '../../../src/testing/machine';
import type { Page } from '../../../src/testing/page';

/** A call on a coordinator, and what came of it. */
export interface Call {
  readonly page: Page;
  readonly coordinator: Coordinator;
  readonly name: string;
  readonly from: number;
  outcome: 'pending' | 'done' | number | 'rejected';
}

/** Makes calls, and remembers those that have not settled. */
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
  ): Call {
    const world = this.#world;
    const call: Call = { page, coordinator, name, from: world.now, outcome: 'pending' };
    this.all.push(call);
    page.log(`calls ${name}`);
    run(coordinator).then(
      () => {
        if (page.gone) return;
        call.outcome = 'done';
        page.log(`${name} is done`);
      },
      (error: unknown) => {
        if (page.gone) return;
        call.outcome = error instanceof SessionError ? error.code : 'rejected';
        page.log(() => `${name} rejects: ${describe(error)}`);
        if (error instanceof SessionError && error.local) this.#onRefusal(call, error);
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

  /** Those that a page still waits for. */
  get pending(): readonly Call[] {
    return this.all.filter(({ outcome, page }) => outcome === 'pending' && !page.gone);
  }
}

function describe(error: unknown): string {
  if (error instanceof SessionError) return `${error.code}${error.local ? ' local' : ''} ${error.message}`;
  return String(error);
}
