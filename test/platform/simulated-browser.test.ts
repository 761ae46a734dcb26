/** The contracts of the ports, on the simulated browser of `solotab/testing`: what it simulates, it simulates faithfully. */
import { describe } from 'vitest';
import { createSimulatedBrowser, type EngineName } from '../../src/testing';
import { channelContract } from './contracts/channel-contract';
import { lifecycleContract } from './contracts/lifecycle-contract';
import { locksContract } from './contracts/locks-contract';
import { storeContract } from './contracts/store-contract';
import {
  type Ability,
  type ContractSetting,
  type ContractTab,
  createTabContext,
  type TabContext,
} from './contracts/tab-context';

function simulatedSetting(engine: EngineName, can: readonly Ability[]): ContractSetting {
  return {
    can,
    async open() {
      // What the contracts store is no record, which the world would take as a breach.
      const world = createSimulatedBrowser({ engine, violations: 'collect' });
      const openTab = async (): Promise<ContractTab> => {
        const tab = world.openTab({ bare: true });
        let context: TabContext = createTabContext(tab.platform);
        let { page } = tab;
        return {
          async run(body, argument) {
            // A tab that was loaded anew is another document.
            if (page !== tab.page) {
              page = tab.page;
              context = createTabContext(tab.platform);
            }
            return body(context, argument as NonNullable<typeof argument>);
          },
          async close() {
            if (tab.state === 'open' || tab.state === 'frozen') await tab.close();
          },
          crash: () => tab.crash(),
          freeze: () => tab.freeze(),
          unfreeze: () => tab.wake(),
          leave: () => tab.navigateAway(),
          back: () => tab.goBack(),
          async show() {
            for (const other of world.tabs) if (other !== tab) await other.hide();
            await tab.show();
          },
        };
      };
      return {
        scope: 'simulated',
        openTab,
        async wipe() {
          await world.settle();
          world.wipeStorage();
        },
        async close() {
          for (const tab of world.tabs) if (tab.state === 'open' || tab.state === 'frozen') await tab.close();
          await world.settle();
        },
      };
    },
  };
}

describe.each([
  ['chromium', ['wipe', 'crash', 'freeze', 'cache', 'visibility']],
  ['firefox', ['wipe', 'crash', 'cache', 'visibility']],
  ['webkit', ['wipe', 'crash', 'cache', 'visibility']],
] satisfies [EngineName, Ability[]][])('the simulated %s', (engine, can) => {
  const setting = simulatedSetting(engine, can);
  describe('store', () => storeContract(setting));
  describe('locks', () => locksContract(setting));
  describe('channel', () => channelContract(setting));
  describe('lifecycle', () => lifecycleContract(setting));
});
