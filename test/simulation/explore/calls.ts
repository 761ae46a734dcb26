import { SessionError } from '../../../src';
import type { SimulatedBrowser, SimulatedTab } from '../../../src/testing';
import type { Page } from '../../../src/testing/page';

type Tab = SimulatedTab;

/** A call on a coordinator, and what came of it. */
export interface Call {
  readonly page: Page;
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

  make(tab: Tab, name: string, run: (coordinator: Tab['coordinator']) => Promise<unknown>): Call {
    const { page } = tab;
    const world = this.#world;
    const call: Call = { page, name, from: world.now, outcome: 'pending' };
    this.all.push(call);
    page.log(`calls ${name}`);
    run(tab.coordinator).then(
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

  /** Those that a page still waits for. */
  get pending(): readonly Call[] {
    return this.all.filter(({ outcome, page }) => outcome === 'pending' && !page.gone);
  }
}

function describe(error: unknown): string {
  if (error instanceof SessionError) return `${error.code}${error.local ? ' local' : ''} ${error.message}`;
  return String(error);
}
