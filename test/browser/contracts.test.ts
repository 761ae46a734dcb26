/** The contracts of the ports, on the real adapters in real engines. */
import { afterAll, beforeAll, describe } from 'vitest';
import { channelContract } from '../platform/contracts/channel-contract';
import { lifecycleContract } from '../platform/contracts/lifecycle-contract';
import { locksContract } from '../platform/contracts/locks-contract';
import { storeContract } from '../platform/contracts/store-contract';
import { type ChromiumBrowser, launchChromium } from './support/chromium';
import { engineSetting } from './support/contract-world';
import { NO_BROADCAST_CHANNEL } from './support/init-scripts';

describe('Chromium', () => {
  let chromium: ChromiumBrowser;
  beforeAll(async () => {
    chromium = await launchChromium();
    console.log(`Chromium ${chromium.engine.version}`);
  });
  afterAll(() => chromium.close());
  const browser = () => chromium;
  const can = ['wipe', 'crash', 'freeze', 'cache', 'visibility'] as const;

  describe('the store', () => storeContract(engineSetting({ browser, can })));
  describe('the locks', () => locksContract(engineSetting({ browser, can })));
  describe('the native channel', () => channelContract(engineSetting({ browser })));
  describe('the channel through storage', () =>
    channelContract(engineSetting({ browser, initScript: NO_BROADCAST_CHANNEL })));
  describe('the lifecycle', () => lifecycleContract(engineSetting({ browser, can })));
});
