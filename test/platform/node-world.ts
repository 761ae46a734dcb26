/** A world whose tabs are platforms in this very process: they share the globals of Node, as tabs share an origin. */
import type { Platform } from '../../src/platform/platform';
import { type ContractSetting, createTabContext, unable } from './contracts/tab-context';

export interface NodeSetting {
  readonly openPlatform: () => Platform;
  readonly wipe?: () => Promise<void>;
}

let worlds = 0;

export function nodeSetting({ openPlatform, wipe }: NodeSetting): ContractSetting {
  return {
    can: wipe ? ['wipe'] : [],
    async open() {
      worlds += 1;
      const platforms: ReturnType<typeof tracked>[] = [];
      return {
        scope: `scope ${worlds}`,
        async openTab() {
          const platform = tracked(openPlatform());
          platforms.push(platform);
          const tab = createTabContext(platform);
          return {
            run: async (body, argument) => body(tab, argument as NonNullable<typeof argument>),
            close: async () => platform.closeAll(),
            crash: unable,
            freeze: unable,
            unfreeze: unable,
            leave: unable,
            back: unable,
            show: unable,
          };
        },
        wipe: wipe ?? unable,
        async close() {
          for (const platform of platforms) platform.closeAll();
        },
      };
    },
  };
}

/** The platform, with a way to close what was opened through it. */
function tracked(platform: Platform): Platform & { closeAll(): void } {
  const opened: { close(): void }[] = [];
  const track = <Port extends { close(): void } | null>(port: Port): Port => {
    if (port) opened.push(port);
    return port;
  };
  return {
    ...platform,
    openStore: (scope) => track(platform.openStore(scope)),
    openChannel: (scope, receive) => track(platform.openChannel(scope, receive)),
    closeAll() {
      for (const port of opened) port.close();
    },
  };
}
