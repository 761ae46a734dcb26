/** Runs the contracts of the ports in the tabs of a real browser, on the real adapters. */
import { expect } from 'vitest';
import { type Ability, type ContractSetting, type ContractTab, unable } from '../../platform/contracts/tab-context';
import type { EnginePage, Tab, TestBrowser } from './tab';

export interface EngineSetting<Page extends EnginePage> {
  readonly browser: () => TestBrowser<Page>;
  readonly can?: readonly Ability[];
  /** Runs in each tab before anything else. */
  readonly initScript?: string;
}

let worlds = 0;

export function engineSetting<Page extends EnginePage>({
  browser,
  can = [],
  initScript,
}: EngineSetting<Page>): ContractSetting {
  return {
    can,
    async open() {
      worlds += 1;
      const tabs: ContractTab[] = [];
      const openTab = async (): Promise<ContractTab> => {
        const tab = contractTab(await browser().openPage({ script: 'platform', initScript }));
        tabs.push(tab);
        return tab;
      };
      return {
        scope: `scope ${worlds}`,
        openTab,
        async wipe() {
          const tab = await openTab();
          await tab.run(
            () =>
              new Promise<void>((resolve, reject) => {
                const request = indexedDB.deleteDatabase('solotab');
                request.onsuccess = () => resolve();
                request.onerror = () => reject(request.error);
              }),
          );
        },
        async close() {
          for (const tab of tabs) await tab.close();
        },
      };
    },
  };
}

function contractTab<Page extends EnginePage>(tab: Tab<Page>): ContractTab {
  let open = true;
  return {
    async run(body, argument) {
      const input = argument === undefined ? 'undefined' : JSON.stringify(argument);
      return tab.run(`(${body})(window.contractTab, ${input})`);
    },
    async close() {
      if (!open) return;
      open = false;
      const problems = await tab.evaluate(() => window.problems);
      await tab.close();
      expect(problems).toEqual([]);
    },
    async crash() {
      await (tab.page.kill?.() ?? unable());
      open = false;
      await tab.close();
    },
    freeze: () => tab.page.freeze?.() ?? unable(),
    unfreeze: () => tab.page.unfreeze?.() ?? unable(),
    leave: () => tab.leave(),
    back: () => tab.page.back(),
    show: () => tab.page.show(),
  };
}
