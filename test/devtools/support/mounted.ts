/** A panel over a simulated tab: its sources are those of the tab's page, its document is the test's. */
import { onTestFinished } from 'vitest';
import { type DevtoolsOptions, mountOn } from '../../../src/devtools/mount';
import type { SeenLock, Sources } from '../../../src/devtools/sources';
import type { Shape } from '../../../src/shape';
import type { SimulatedBrowser, SimulatedTab } from '../../../src/testing/index';

/** The default name of a simulated tab's coordinator. */
const SCOPE = 'simulated';
const CHANNELS = /^solotab:1:/;

export interface Mounted {
  readonly root: ShadowRoot;
  readonly copied: string[];
  unmount(): void;
  /** The text of the part with this name, line by line. */
  lines(part: string): string[];
  /** Each lane: its name and what is said of it. */
  lanes(): string[];
  why(): string;
  press(button: string): void;
}

export function simulatedSources<S extends Shape>(
  world: SimulatedBrowser,
  tab: SimulatedTab<S>,
  copied: string[] = [],
): Sources {
  const { page, platform } = tab;
  const { clock, lifecycle } = platform;
  return {
    clock,
    lifecycle,
    openChannel: (name, receive) => platform.openChannel(name.replace(CHANNELS, ''), receive),
    read: async (scope) => (await platform.openStore(scope)?.read({ journal: true })) ?? null,
    locks: async () => world.locks.claims.map(toSeen),
    clientId: async () => `client ${page.name}`,
    copy: async (text) => {
      copied.push(text);
    },
    path: `/${page.name}`,
    userAgent: 'simulated',
  };

  function toSeen({ page: owner, name, mode }: SimulatedBrowser['locks']['claims'][number]): SeenLock {
    const isHeld = world.locks.holdersOf(name).includes(owner);
    return { name, mode, clientId: `client ${owner.name}`, isHeld };
  }
}

export function mount<S extends Shape>(
  world: SimulatedBrowser,
  tab: SimulatedTab<S>,
  options: DevtoolsOptions = {},
  change: Partial<Sources> = {},
): Mounted {
  const copied: string[] = [];
  const sources = { ...simulatedSources(world, tab, copied), ...change };
  const target = options.target ?? document.body;
  const unmount = mountOn(sources, tab.coordinator, SCOPE, target, options);
  onTestFinished(unmount);
  const root = [...target.children].at(-1)?.shadowRoot;
  if (!root) throw new Error('There is no panel.');
  const texts = (selector: string): string[] =>
    [...root.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
  return {
    root,
    copied,
    unmount,
    lines: (part) => texts(`ol[aria-label^="${part}"] li`),
    lanes: () =>
      [...root.querySelectorAll('ul li')].map((lane) =>
        [...lane.children].map(({ textContent }) => textContent).join(': '),
      ),
    why: () => root.querySelector('.why')?.textContent ?? '',
    press(name) {
      const button = [...root.querySelectorAll('button')].find(
        (candidate) => (candidate.getAttribute('aria-label') ?? candidate.textContent) === name,
      );
      if (!button) throw new Error(`The panel has no button ${name}.`);
      button.click();
    },
  };
}
