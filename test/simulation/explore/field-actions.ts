/** What people report from the field, as things that can happen in a schedule: each only where its kind is part of the plan. */

import type { DriverContext } from '../../../src';
import type { SimulatedBrowser } from '../../../src/testing';
import { createSimulatedBrowser } from '../../../src/testing';
import type { Random } from '../../../src/testing/random';
import { sessionIn } from '../../../src/testing/service';
import { NEWER } from '../../support/records';
import type { FieldFault, Plan } from './plan';
import { type Action, driverAction, hasRoom, hosts, isOpen, participantsIn, type Scene, type Tab } from './scene';
import { PUBLIC } from './watchers';

const HOUR_MS = 3_600_000;

/** Enough to see whether tabs that share a `sessionStorage` get into each other's way. */
const MOST_IN_TAB = 3;

function fieldAction(
  fault: FieldFault,
  weight: number,
  fits: (tab: Tab, scene: Scene) => boolean,
  run: Action['run'],
): Action {
  return { weight, fits: (tab, scene) => scene.field.includes(fault) && fits(tab, scene), run };
}

const always = (): boolean => true;

const canGrow = (tab: Tab, scene: Scene): boolean => isOpen(tab) && participantsIn(tab, scene).length < MOST_IN_TAB;

const isConnecting = (tab: Tab, { world }: Scene): boolean =>
  isOpen(tab) && [...world.network.connecting].some(({ page }) => page.top === tab.page);

/** All tabs are closed; some time later they are restored, or one is opened. */
async function comeBackLater({ world, openTab }: Scene, random: Random): Promise<void> {
  await world.quit(random.pick(['quit', 'crash'] as const));
  await world.advance(random.pick([0, 5_000, 30_000, HOUR_MS, 24 * HOUR_MS]));
  if (random.chance(0.7)) await world.restore();
  if (world.tabs.every(({ state }) => state === 'closed') || random.chance(0.3)) openTab();
}

/** From 300 on, what a coordinator stores for each value would keep everything else waiting. */
function flood(context: DriverContext, random: Random): void {
  const size = random.pick([60, 300] as const);
  const session = sessionIn(context.info);
  for (let position = 0; position < size; position++) context.publish({ session, position });
}

export const FIELD_ACTIONS: Readonly<Record<string, Action>> = {
  clearSiteData: fieldAction('clearing', 0.5, always, (_, { world }) => world.clearSiteData()),
  deleteDatabase: fieldAction('clearing', 0.3, always, (_, { world }) => world.wipeStorage()),

  createCoordinator: fieldAction('company', 1, canGrow, (tab) => void tab.createCoordinator()),
  openFrame: fieldAction('company', 1, canGrow, (tab) => void tab.openFrame()),
  removeFrame: fieldAction(
    'company',
    0.7,
    (tab) => isOpen(tab) && tab.frames.length > 0,
    (tab, _, random) => random.pick(tab.frames).remove(),
  ),
  // A page that brings its frames back with it.
  reloadWithFrame: fieldAction('company', 2, isOpen, async (tab) => {
    await tab.reload();
    tab.openFrame();
  }),

  quit: fieldAction('restarts', 0.3, always, (_, scene, random) => comeBackLater(scene, random)),
  restoreTab: {
    ...fieldAction(
      'restarts',
      2,
      ({ state }, scene) => state === 'closed' && hasRoom(scene),
      (tab) => tab.restore(),
    ),
    ofClosed: true,
  },

  breakLocks: fieldAction(
    'broken locks',
    0.7,
    (tab) => isOpen(tab) && tab.platform.locks !== null,
    (tab, _, random) => tab.setLocks(random.pick(['silent', 'taken'] as const)),
  ),
  mendLocks: fieldAction(
    'broken locks',
    0.7,
    (tab) => isOpen(tab) && tab.platform.locks !== null && tab.page.hasNoLocks,
    (tab) => tab.setLocks('work'),
  ),

  flood: {
    ...driverAction(0.7, flood, 'publish'),
    fits: (tab, scene) => scene.field.includes('drivers') && hosts(tab, scene),
    fitsNext: () => false,
  },
  reloadAsItConnects: fieldAction('drivers', 4, isConnecting, (tab) => tab.reload()),
};

const LARGE = `${PUBLIC} ${'x'.repeat(2_000_000)}`;

const NOTE = { epoch: 1, seq: 7, type: 'note' };

/** What another program, or a bad day, may have left in the store; or the large record of a session that a browser died with. */
export async function leaveSomething(world: SimulatedBrowser, { tabOptions }: Plan, random: Random): Promise<void> {
  const yesterday = random.chance(0.5)
    ? { ...Object(await recordOfYesterday(tabOptions)), info: { text: LARGE } }
    : null;
  const damaged = random.pick([
    null,
    '',
    [],
    { text: LARGE },
    { version: 1, text: LARGE },
    { phase: 'active', epoch: -1 },
    NEWER,
  ]);
  world.putRecord(yesterday ?? damaged);
  world.putJournal(
    random.pick([
      [],
      [[1, LARGE]],
      [
        [0, null],
        [7, NOTE],
      ],
    ] as const),
  );
}

/** As this version stores it, whatever that is. */
async function recordOfYesterday({ recovery }: Plan['tabOptions']): Promise<unknown> {
  const world = createSimulatedBrowser();
  const tab = world.openTab({ driver: 'auto', ...(recovery && { recovery }) });
  await tab.coordinator.start();
  await world.settle();
  return world.recordOf();
}
