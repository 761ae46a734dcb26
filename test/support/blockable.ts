/** A tab whose store another page blocks, as one does that was stopped with a transaction open. */
import { createSimulatedBrowser } from 'solotab/testing';
import type { Driver } from '../../src/driver';
import type { Platform } from '../../src/platform/platform';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { simpleDriver } from './world';

/** `block(true)`: from now on. `asked`: how many transactions this tab wanted so far. */
export async function openBlockable(driver: Driver = simpleDriver().driver) {
  const world = createSimulatedBrowser();
  const tab = world.openTab({ bare: true });
  let isBlocked = false;
  let asked = 0;
  const openStore: Platform['openStore'] = (scope) => {
    const store = tab.platform.openStore(scope);
    if (!store) throw new Error('This tab has no store.');
    return {
      ...store,
      transact(step) {
        asked += 1;
        return isBlocked ? Promise.reject(new DOMException('blocked', 'TimeoutError')) : store.transact(step);
      },
    };
  };
  const coordinator = createCoordinatorOn({ ...tab.platform, openStore }, { name: 'simulated', driver });
  await world.settle();
  return {
    ...{ world, tab, coordinator },
    asked: () => asked,
    block: (next: boolean) => {
      isBlocked = next;
    },
  };
}
