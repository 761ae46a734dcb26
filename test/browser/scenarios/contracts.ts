/** The contracts of the ports, on the real adapters in a real engine. */
import { afterAll, beforeAll, describe } from 'vitest';
import { channelContract } from '../../platform/contracts/channel-contract';
import { lifecycleContract } from '../../platform/contracts/lifecycle-contract';
import { locksContract } from '../../platform/contracts/locks-contract';
import { storeContract } from '../../platform/contracts/store-contract';
import type { Ability } from '../../platform/contracts/tab-context';
import { engineSetting } from '../support/contract-world';
import { NO_BROADCAST_CHANNEL } from '../support/init-scripts';
import type { EnginePage, TestBrowser } from '../support/tab';

export function runContracts<Page extends EnginePage>(
  name: string,
  launch: () => Promise<TestBrowser<Page>>,
  can: readonly Ability[],
): void {
  describe(name, () => {
    let launched: TestBrowser<Page>;
    beforeAll(async () => {
      launched = await launch();
      console.log(`${name} ${launched.engine.version}`);
    });
    afterAll(() => launched.close());
    const browser = () => launched;

    describe('the store', () => storeContract(engineSetting({ browser, can })));
    describe('the locks', () => locksContract(engineSetting({ browser, can })));
    describe('the native channel', () => channelContract(engineSetting({ browser })));
    describe('the channel through storage', () =>
      channelContract(engineSetting({ browser, initScript: NO_BROADCAST_CHANNEL })));
    describe('the lifecycle', () => lifecycleContract(engineSetting({ browser, can })));
  });
}
