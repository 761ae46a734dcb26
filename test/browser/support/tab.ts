/** A tab of a real browser, as the tests see it: the same in every engine. */

import type * as solotab from '../../../src/index';
import type { CallName, CoordinatorConfig, Outcome, RecordedEvent, TabState } from './page-api';
import type { PageOptions, TestServer } from './server';

/** What an engine can do with a page. */
export interface EnginePage {
  /** The value of an expression, which is a string or a promise of one. */
  evaluate(expression: string): Promise<string>;
  /** Loads an address, and resolves once its scripts have run. */
  navigate(url: string): Promise<void>;
  reload(): Promise<void>;
  /** One step back in the history. */
  back(): Promise<void>;
  /** Makes the page the visible one of its window. */
  show(): Promise<void>;
  close(): Promise<void>;
  /** What only some engines can do. */
  kill?(): Promise<void>;
  freeze?(): Promise<void>;
  unfreeze?(): Promise<void>;
}

export interface Engine<Page extends EnginePage> {
  readonly name: 'chromium' | 'firefox' | 'webkit';
  readonly version: string;
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

export interface TabOptions extends CoordinatorConfig {
  /** Runs before anything else in the page; see `init-scripts.ts`. */
  readonly initScript?: string;
  /** Headers of the page, such as a `Content-Security-Policy`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longer than anything takes that is not stuck, on a busy machine too. */
const HANG_MS = 20_000;

export class Tab<Page extends EnginePage = EnginePage> {
  readonly page: Page;
  readonly #server: TestServer;

  constructor(page: Page, server: TestServer) {
    this.page = page;
    this.#server = server;
  }

  /** Runs `body` in the page. What goes in and comes out is plain data; nothing that surrounds `body` here exists there. */
  evaluate<Result, Argument = undefined>(
    body: (argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result> {
    return this.run(`(${body})(${asSource(argument)})`);
  }

  /** The value of an expression, or of the promise that it is. Rejects where it is stuck. */
  async run<Result>(expression: string): Promise<Result> {
    const source = `(async () => JSON.stringify({ value: await (${expression}) }))()`;
    const output = JSON.parse(await this.#bounded(expression, this.page.evaluate(source)));
    return output.value;
  }

  /** Calls a method of the coordinator and waits for how it ends. Never rejects because the call was refused. */
  call(method: CallName, ...args: readonly unknown[]): Promise<Outcome> {
    return this.#bounded(
      `${method}()`,
      this.evaluate(([name, input]) => window.fixture.call(name, input), both(method, args)),
    );
  }

  abort(name: string): Promise<void> {
    return this.evaluate((abort) => window.fixture.abort(abort), name);
  }

  /** Calls a method of the latest driver context, such as `emit` or `ended`. */
  tell(
    method: Exclude<keyof solotab.DriverContext, 'signal' | 'epoch' | 'info'>,
    ...args: readonly unknown[]
  ): Promise<void> {
    return this.evaluate(
      ([name, input]) => {
        const { context } = window.fixture;
        if (!context) throw new Error('The driver of this tab was never called.');
        Reflect.apply(context[name], context, input);
      },
      both(method, args),
    );
  }

  /** One act towards the backend under the latest term of this tab. Resolves with the status: 200, or 409 if that term is stale. */
  act(): Promise<number> {
    return this.evaluate(() => window.fixture.act());
  }

  state(): Promise<TabState> {
    return this.evaluate(() => window.fixture.state());
  }

  async snapshot(): Promise<solotab.SessionSnapshot> {
    return (await this.state()).snapshot;
  }

  /** The events heard so far, the oldest first: all, or those of one type. */
  async events(type?: string): Promise<readonly RecordedEvent[]> {
    const { events } = await this.state();
    return type === undefined ? events : events.filter((event) => event.type === type);
  }

  /** Resolves with the state once `condition` holds; it is looked at in the page, after every change. */
  waitFor<Argument = undefined>(
    condition: (state: TabState, argument: Argument) => boolean,
    argument?: Argument,
  ): Promise<TabState> {
    return this.run(`window.fixture.until((state) => (${condition})(state, ${asSource(argument)}))`);
  }

  waitForPhase(phase: solotab.Phase): Promise<TabState> {
    return this.waitFor(({ snapshot }, wanted) => snapshot.phase === wanted, phase);
  }

  /** Loads an empty page of the same origin in this tab; the page left behind may be cached. */
  leave(): Promise<void> {
    return this.page.navigate(this.#server.blank);
  }

  /** Goes back. Tells whether the page came back from the cache as it was, or was loaded again. */
  async back(documentId: string): Promise<'restored' | 'loaded'> {
    await this.page.back();
    return (await this.documentId()) === documentId ? 'restored' : 'loaded';
  }

  documentId(): Promise<string> {
    return this.evaluate(() => window.fixture.documentId);
  }

  reload(): Promise<void> {
    return this.page.reload();
  }

  close(): Promise<void> {
    return this.page.close();
  }

  /** Rejects, with what the tab knows, if `promise` is stuck. */
  async #bounded<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(async () => {
        const known = this.page.evaluate('window.fixture ? JSON.stringify(window.fixture.state()) : "no coordinator"');
        const state = await Promise.race([known.catch(String), silence(1_000)]);
        reject(new Error(`Waited in vain for ${what}\nThe tab: ${state}`));
      }, HANG_MS);
    });
    try {
      return await Promise.race([promise, stuck]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A browser with the test server behind it. */
export class TestBrowser<Page extends EnginePage = EnginePage> {
  readonly engine: Engine<Page>;
  readonly server: TestServer;

  constructor(engine: Engine<Page>, server: TestServer) {
    this.engine = engine;
    this.server = server;
  }

  get backend(): TestServer['backend'] {
    return this.server.backend;
  }

  /** Opens a tab with a coordinator, and resolves once its first snapshot has been read. */
  async openTab({ initScript, headers, ...config }: TabOptions): Promise<Tab<Page>> {
    const tab = await this.openPage({ script: 'coordinator', config, initScript, headers });
    if (config.create ?? true) await tab.evaluate(() => window.fixture.coordinator.ready);
    return tab;
  }

  /** Opens a tab on any page of the test server. */
  async openPage(options: PageOptions): Promise<Tab<Page>> {
    return new Tab(await this.engine.open(this.server.page(options)), this.server);
  }

  async openTabs(count: number, options: TabOptions): Promise<Tab<Page>[]> {
    const tabs: Tab<Page>[] = [];
    for (let index = 0; index < count; index += 1) tabs.push(await this.openTab(options));
    return tabs;
  }

  /** Makes the same call in all of these tabs in one instant, as closely as the machine can: within a message's time. */
  async callTogether(tabs: readonly Tab<Page>[], method: CallName, ...args: readonly unknown[]): Promise<Outcome[]> {
    const gun = `${Date.now()} ${Math.random()}`;
    const order: [string, CallName, readonly unknown[]] = [gun, method, args];
    await Promise.all(tabs.map((tab) => tab.evaluate((armed) => window.fixture.arm(...armed), order)));
    await tabs[0]?.evaluate((name) => window.fixture.fire(name), gun);
    return Promise.all(tabs.map((tab) => tab.evaluate((name) => window.fixture.fired(name), gun)));
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.server.close();
  }
}

function both<First, Second>(first: First, second: Second): [First, Second] {
  return [first, second];
}

/** JSON is an expression of JavaScript, too. */
function asSource(argument: unknown): string {
  return argument === undefined ? 'undefined' : JSON.stringify(argument);
}

function silence(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'it does not answer'));
}
