/** Pages of an app that uses the SDK, in tabs of a simulated browser: `cobrowse` is the one line that solotab changes. */
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedTab } from '../../src/testing';
import { type CoordinatedZoomSession, coordinateZoomSession, type ZoomOptions } from '../../src/zoom';
import { StandInService, StandInSession, type TabMemory } from './stand-in-sdk';

/** What an app can hear. */
export const EVENTS = [
  'pincode_updated',
  'session_started',
  'session_joined',
  'session_reconnecting',
  'session_ended',
  'session_error',
  'agent_joined',
  'agent_left',
  'remote_assist_started',
  'remote_assist_stopped',
] as const;

export interface World {
  readonly browser: SimulatedBrowser;
  readonly service: StandInService;
  /** `memory`: what the SDK of another tab remembers, as if it had been copied with the tab. */
  openPage(options?: ZoomOptions, memory?: TabMemory): Page;
}

export function createWorld(): World {
  const browser = createSimulatedBrowser();
  const service = new StandInService(() => browser.now);
  return { browser, service, openPage: (options, memory) => new Page(browser, service, options, memory) };
}

export class Page {
  readonly tab: SimulatedTab;
  /** What this page heard, in order: `session_error 1004`. */
  readonly heard: string[] = [];
  readonly payloads: unknown[] = [];
  sdk: StandInSession;
  cobrowse: CoordinatedZoomSession;

  constructor(
    browser: SimulatedBrowser,
    readonly service: StandInService,
    private readonly options: ZoomOptions = {},
    memory: TabMemory = new Map(),
  ) {
    this.tab = browser.openTab({ bare: true });
    this.sdk = new StandInSession(service, memory);
    this.cobrowse = this.#load();
  }

  get snapshot() {
    return this.cobrowse.coordinator.getSnapshot();
  }

  /** The user presses reload: a new document, the SDK's memory and `sessionStorage` stay. */
  async reload(memory = this.sdk.memory): Promise<void> {
    this.sdk.unload();
    await this.tab.reload();
    this.sdk = new StandInSession(this.service, memory);
    this.cobrowse = this.#load();
  }

  async crash(): Promise<void> {
    this.sdk.unload();
    await this.tab.crash();
  }

  #load(): CoordinatedZoomSession {
    const { platform } = this.tab;
    const cobrowse = coordinateZoomSession(this.sdk, {
      random: () => 0.5,
      delay: (ms, signal) =>
        new Promise((resolve) => {
          const cancel = platform.clock.after(ms, resolve);
          signal.addEventListener('abort', () => {
            cancel();
            resolve();
          });
        }),
      ...this.options,
      createCoordinator: (coordinatorOptions) => createCoordinatorOn(platform, coordinatorOptions),
    });
    for (const type of EVENTS) {
      cobrowse.on(type, (payload: unknown) => {
        this.payloads.push(payload);
        this.heard.push([type, describe(payload)].filter(Boolean).join(' '));
      });
    }
    return cobrowse;
  }
}

function describe(payload: unknown): string {
  const { code, pincode, reason, user } = (payload ?? {}) as Record<string, unknown>;
  return String(code ?? pincode ?? reason ?? user ?? '');
}
