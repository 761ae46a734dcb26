/**
 * WebKitGTK, as a stand-in for Safari: its MiniBrowser, driven by WebKitWebDriver on a virtual screen. Each tab is a window of
 * its own, so all of them are visible. A page whose process is killed takes the whole driver session with it.
 */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Builder, type WebDriver } from 'selenium-webdriver';
import { findBrowsers } from '../../../scripts/browsers.mjs';
import { spawnGroup, stopGroup } from './child-process';
import { descendants, type Renderers, trackRenderers } from './renderer-process';
import { startServer } from './server';
import { type Engine, type EnginePage, TestBrowser } from './tab';

/** Starts a MiniBrowser with an empty profile, and a test server for it. */
export async function launchWebKit(): Promise<TestBrowser<WebKitPage>> {
  const [engine, server] = await Promise.all([WebKitEngine.start(), startServer()]);
  return new TestBrowser(engine, server);
}

class WebKitEngine implements Engine<WebKitPage> {
  readonly name = 'webkit';
  readonly version: string;
  readonly #process: ChildProcess;
  readonly #session: Session;
  readonly #renderers: Renderers;
  /** The empty window with which the session begins. It stays: the browser ends with its last window. */
  readonly #home: string;

  private constructor(process: ChildProcess, driver: WebDriver, version: string, home: string) {
    this.#process = process;
    this.#session = new Session(driver);
    this.#renderers = trackRenderers(async () => descendants(process.pid ?? 0));
    this.#home = home;
    this.version = version;
  }

  static async start(): Promise<WebKitEngine> {
    const { webkit } = findBrowsers();
    if (!webkit) throw new Error('There is no WebKitGTK: run `node scripts/browsers.mjs`.');
    const port = await freePort();
    const child = spawnGroup(webkit.xvfbRun, ['-a', webkit.driver, '--host=127.0.0.1', `--port=${port}`]);
    const address = `http://127.0.0.1:${port}`;
    await answers(`${address}/status`, child);
    const driver = await new Builder()
      .usingServer(address)
      .withCapabilities({
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { binary: webkit.browser, args: ['--automation'] },
      })
      .build();
    const capabilities = await driver.getCapabilities();
    return new WebKitEngine(child, driver, String(capabilities.get('browserVersion')), await driver.getWindowHandle());
  }

  async open(url: string): Promise<WebKitPage> {
    const handle = await this.#session.in(this.#home, async (driver) => {
      await driver.switchTo().newWindow('window');
      const opened = await driver.getWindowHandle();
      await driver.get(url);
      return opened;
    });
    return new WebKitPage(this.#session, handle, this.#renderers);
  }

  async close(): Promise<void> {
    await stopGroup(this.#process);
  }
}

/** A driver session works on one window at a time. */
class Session {
  readonly #driver: WebDriver;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(driver: WebDriver) {
    this.#driver = driver;
  }

  /** Runs `work` while nobody else uses the driver. */
  alone<Result>(work: (driver: WebDriver) => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(() => work(this.#driver));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** As `alone`, with a window chosen. */
  in<Result>(window: string, work: (driver: WebDriver) => Promise<Result>): Promise<Result> {
    return this.alone(async (driver) => {
      await driver.switchTo().window(window);
      return work(driver);
    });
  }
}

export class WebKitPage implements EnginePage {
  readonly #session: Session;
  readonly #window: string;
  readonly #renderers: Renderers;
  #evaluations = 0;
  #stopped: number | null = null;

  constructor(session: Session, window: string, renderers: Renderers) {
    this.#session = session;
    this.#window = window;
    this.#renderers = renderers;
  }

  /** Begun and then asked for, because a script that waits would keep the driver from every other page. */
  async evaluate(expression: string): Promise<string> {
    this.#evaluations += 1;
    const key = `solotab-${this.#evaluations}`;
    const begin = `
      window[${JSON.stringify(key)}] = null;
      new Promise((resolve) => resolve(${expression})).then(
        (value) => { window[${JSON.stringify(key)}] = { value: String(value) }; },
        (error) => { window[${JSON.stringify(key)}] = { error: String(error) }; },
      );`;
    await this.#session.in(this.#window, (driver) => driver.executeScript(begin));
    for (;;) {
      const ended = await this.#session.in(this.#window, (driver) =>
        driver.executeScript<{ value?: string; error?: string } | null>(`return window[${JSON.stringify(key)}];`),
      );
      if (ended?.error !== undefined) throw new Error(ended.error);
      if (ended?.value !== undefined) return ended.value;
      await pause(5);
    }
  }

  navigate(url: string): Promise<void> {
    return this.#session.in(this.#window, (driver) => driver.get(url));
  }

  reload(): Promise<void> {
    return this.#session.in(this.#window, (driver) => driver.navigate().refresh());
  }

  back(): Promise<void> {
    return this.#session.in(this.#window, (driver) => driver.navigate().back());
  }

  close(): Promise<void> {
    return this.#session.in(this.#window, (driver) => driver.close());
  }

  show(): Promise<void> {
    return Promise.reject(new Error('Every window is visible.'));
  }

  /** The id of the process that renders this page: the page must be awake to be asked. */
  async rendererPid(): Promise<number> {
    return this.#stopped ?? (await this.#renderers.pidOf((expression) => this.evaluate(expression)));
  }

  /** Stops the process, as a wedged machine does. The driver must not be asked for this page until it is awake again. */
  async stop(): Promise<void> {
    this.#stopped = await this.rendererPid();
    process.kill(this.#stopped, 'SIGSTOP');
  }

  /** Lets a stopped process go on. */
  wake(): void {
    if (this.#stopped === null) throw new Error('This page is not stopped.');
    process.kill(this.#stopped, 'SIGCONT');
    this.#stopped = null;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port.')),
      );
    });
  });
}

/** Resolves once the driver answers. Rejects where it ends before. */
async function answers(address: string, child: ChildProcess): Promise<void> {
  let printed = '';
  let ended = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.once('close', () => {
    ended = true;
  });
  while (!ended) {
    const response = await fetch(address).catch(() => null);
    if (response?.ok) return;
    await pause(50);
  }
  throw new Error(`WebKitWebDriver did not start:\n${printed}`);
}
