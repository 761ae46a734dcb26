/** Firefox, driven over WebDriver BiDi by puppeteer-core. It needs no driver program. */
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findBrowsers } from '../../../scripts/browsers.mjs';
import { descendants, type Renderers, trackRenderers } from './renderer-process';
import { startServer } from './server';
import { type Engine, type EnginePage, TestBrowser } from './tab';

/** Enough that no two tabs of one site share a process. */
const PROCESSES = 60;

/** Starts a Firefox with an empty profile, and a test server for it. */
export async function launchFirefox(): Promise<TestBrowser<FirefoxPage>> {
  const [engine, server] = await Promise.all([FirefoxEngine.start(), startServer()]);
  return new TestBrowser(engine, server);
}

class FirefoxEngine implements Engine<FirefoxPage> {
  readonly name = 'firefox';
  readonly version: string;
  readonly #browser: Browser;
  readonly #renderers: Renderers;
  readonly #window: FirefoxWindow;

  private constructor(browser: Browser, version: string) {
    this.#browser = browser;
    this.#window = new FirefoxWindow(browser);
    this.version = version;
    const root = browser.process()?.pid ?? 0;
    this.#renderers = trackRenderers(async () => descendants(root));
  }

  static async start(): Promise<FirefoxEngine> {
    const { firefox } = findBrowsers();
    if (!firefox) throw new Error('There is no Firefox: run `node scripts/browsers.mjs`.');
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefox,
      headless: true,
      extraPrefsFirefox: {
        'dom.ipc.processCount': PROCESSES,
        'dom.ipc.processCount.webIsolated': PROCESSES,
        'dom.disable_open_during_load': false, // duplicating a tab opens a window
      },
    });
    return new FirefoxEngine(browser, (await browser.version()).replace('firefox/', ''));
  }

  async open(url: string): Promise<FirefoxPage> {
    const page = await this.#window.change(() => this.#browser.newPage());
    await page.goto(url);
    return new FirefoxPage(page, this.#renderers, this.#window);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** The window that all tabs share. */
class FirefoxWindow {
  readonly #browser: Browser;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /**
   * One at a time: Firefox opens or shows a tab only once the one in front has said that it is hidden, which one that is
   * closed, stopped or killed meanwhile never says.
   */
  change<Value>(how: () => Promise<Value>): Promise<Value> {
    const changed = this.#changing.then(how);
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  /**
   * Closes the tab as its user does, and resolves once it is gone. Puppeteer's own `close()` closes the frames of a page
   * first, which Firefox refuses, says nothing of it, and leaves the tab open.
   */
  close(page: Page): Promise<void> {
    return this.change(async () => {
      if (page.isClosed()) return;
      const gone = new Promise((resolve) => page.once('close', resolve));
      // What puppeteer has but does not declare.
      const { connection } = this.#browser as unknown as Bidi;
      const { _id: context } = page.mainFrame() as unknown as BidiFrame;
      await connection.send('browsingContext.close', { context });
      await gone;
    });
  }
}

interface Bidi {
  readonly connection: { send(method: string, parameters: unknown): Promise<unknown> };
}

interface BidiFrame {
  readonly _id: string;
}

export class FirefoxPage implements EnginePage {
  /** Puppeteer's own, for what is not here. */
  readonly page: Page;
  readonly #renderers: Renderers;
  readonly #window: FirefoxWindow;
  #stopped: number | null = null;

  constructor(page: Page, renderers: Renderers, window: FirefoxWindow) {
    this.page = page;
    this.#renderers = renderers;
    this.#window = window;
  }

  async evaluate(expression: string): Promise<string> {
    return String(await this.page.evaluate(expression));
  }

  navigate(url: string): Promise<void> {
    return this.#load(`location.href = ${JSON.stringify(url)}`);
  }

  reload(): Promise<void> {
    return this.#load('location.reload()');
  }

  back(): Promise<void> {
    return this.#load('history.back()');
  }

  /**
   * Runs what makes the page go, and waits until it or another one is there. Puppeteer itself waits for a load that never
   * comes where the page comes from the cache, and never notices the next load of a page that did.
   */
  async #load(expression: string): Promise<void> {
    const shown = this.page.waitForFunction('!window.solotabLeft && document.readyState === "complete"');
    // A page that comes back from the cache later is not leaving any more.
    const leaving = "window.solotabLeft = true; addEventListener('pagehide', () => delete window.solotabLeft);";
    await this.page.evaluate(`${leaving} ${expression};`);
    await shown;
  }

  show(): Promise<void> {
    return this.#window.change(() => this.page.bringToFront());
  }

  close(): Promise<void> {
    return this.#window.close(this.page);
  }

  /** The id of the process that renders this page: the page must be awake to be asked. */
  async rendererPid(): Promise<number> {
    return this.#stopped ?? (await this.#renderers.pidOf((expression) => this.evaluate(expression)));
  }

  /** Kills the process at once, as a crash does. */
  async kill(): Promise<void> {
    const pid = await this.rendererPid();
    await this.#window.change(async () => process.kill(pid, 'SIGKILL'));
  }

  /** Stops the process, as a wedged machine does: it holds what it holds, and answers nothing. */
  async stop(): Promise<void> {
    const pid = await this.rendererPid();
    await this.#window.change(async () => process.kill(pid, 'SIGSTOP'));
    this.#stopped = pid;
  }

  /** Lets a stopped process go on. */
  wake(): void {
    if (this.#stopped === null) throw new Error('This page is not stopped.');
    process.kill(this.#stopped, 'SIGCONT');
    this.#stopped = null;
  }
}
