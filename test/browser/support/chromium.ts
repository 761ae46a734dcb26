/**
 * Chromium, driven over the DevTools protocol by playwright-core, with nothing faked: the back/forward cache works, a tab in
 * the background is hidden, throttled and can be frozen, and each tab has a renderer process of its own that can be killed.
 *
 * Playwright makes all this different in a browser that it launches itself: it switches the cache off and tells every page
 * that it is visible and has the focus. So the browser is started here, and Playwright joins it without its defaults.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { findBrowsers } from '../../../scripts/browsers.mjs';
import { spawnGroup, stopGroup } from './child-process';
import { descendants, type Renderers, trackRenderers } from './renderer-process';
import { startServer, type TestServer } from './server';
import { type Engine, type EnginePage, Tab, TestBrowser } from './tab';

const FLAGS = [
  '--headless',
  '--no-sandbox', // Debian's needs it to run as root
  '--remote-debugging-port=0',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--disable-gpu',
  '--disable-popup-blocking', // duplicating a tab opens a window
  '--renderer-process-limit=200', // so that tabs never share a process, however many there are
  '--host-resolver-rules=MAP insecure.test 127.0.0.1', // plain http that is not loopback: no secure context
];

/** `THROTTLE=6`: every page runs as on a machine with a sixth of the speed. The tests themselves do not. */
const THROTTLE = Number(process.env.THROTTLE ?? 1);

export interface ChromiumOptions {
  readonly flags?: readonly string[];
  /** The folder of the profile, which is kept: the next Chromium finds there what this one has stored. Default: an empty one. */
  readonly profile?: string;
  /** Default: one of its own. */
  readonly server?: TestServer;
}

/** Starts a Chromium, and a test server for it. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<ChromiumBrowser> {
  const [engine, server] = await Promise.all([ChromiumEngine.start(options), options.server ?? startServer()]);
  return new ChromiumBrowser(engine, server);
}

export class ChromiumBrowser extends TestBrowser<ChromiumPage> {
  readonly #engine: ChromiumEngine;

  constructor(engine: ChromiumEngine, server: TestServer) {
    super(engine, server);
    this.#engine = engine;
  }

  /** Ends all its processes at once, as when the machine loses its power. The test server goes on. */
  crash(): Promise<void> {
    return this.engine.close();
  }

  /** Ends as when its user quits: every page is told that it is left, and what is open is noted. The test server goes on. */
  quit(): Promise<void> {
    return this.#engine.quit();
  }

  /** The tab that the browser itself has opened again, because it was open at this address when its user quit. */
  async restored(url: string): Promise<Tab<ChromiumPage>> {
    return new Tab(await this.#engine.restoredPage(url), this.server);
  }

  /** A tab that has what a tab duplicated by its user has: the address, and a copy of the `sessionStorage`. */
  async duplicate(tab: Tab<ChromiumPage>): Promise<Tab<ChromiumPage>> {
    return new Tab(await tab.page.duplicate(), this.server);
  }
}

interface Profile {
  readonly folder: string;
  /** Whether it stays when the browser is gone. */
  readonly isKept: boolean;
}

class ChromiumEngine implements Engine<ChromiumPage> {
  readonly name = 'chromium';
  readonly version: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #isKept: boolean;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #session: CDPSession;
  readonly #renderers: Renderers;

  private constructor(process: ChildProcess, profile: Profile, browser: Browser, session: CDPSession) {
    const [context] = browser.contexts();
    if (!context) throw new Error('Chromium has no default context.');
    this.#process = process;
    this.#folder = profile.folder;
    this.#isKept = profile.isKept;
    this.#browser = browser;
    this.#context = context;
    this.#session = session;
    this.#renderers = trackRenderers(async () => (await this.#processes()).map(({ id }) => id));
    this.version = browser.version();
  }

  static async start({ flags = [], profile: kept }: ChromiumOptions): Promise<ChromiumEngine> {
    const { chromium: program } = findBrowsers();
    if (!program) throw new Error('There is no Chromium: run `node scripts/browsers.mjs`.');
    const profile = { folder: kept ?? mkdtempSync(join(tmpdir(), 'solotab-chromium-')), isKept: kept !== undefined };
    const child = spawnGroup(program, [...FLAGS, ...flags, `--user-data-dir=${profile.folder}`, 'about:blank']);
    const browser = await chromium.connectOverCDP(await debuggerAddress(child), { noDefaults: true });
    return new ChromiumEngine(child, profile, browser, await browser.newBrowserCDPSession());
  }

  async open(url: string): Promise<ChromiumPage> {
    const page = await this.#context.newPage();
    const wrapped = await this.#wrap(page);
    await page.goto(url);
    return wrapped;
  }

  async close(): Promise<void> {
    await stopGroup(this.#process);
    await this.#browser.close();
    if (!this.#isKept) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async quit(): Promise<void> {
    await this.#session.send('Browser.close');
    // It still writes what it knows after it has hung up; what is killed before that restores nothing.
    while (descendants(this.#process.pid ?? 0).some(isRunning)) await pause(20);
    await this.close();
  }

  async restoredPage(url: string): Promise<ChromiumPage> {
    for (;;) {
      const page = this.#context.pages().find((opened) => opened.url() === url);
      if (page) {
        await page.waitForLoadState();
        return this.#wrap(page);
      }
      await pause(50);
    }
  }

  async #processes(): Promise<readonly { readonly id: number; readonly cpuTime: number }[]> {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer');
  }

  async #wrap(page: Page): Promise<ChromiumPage> {
    const session = await this.#context.newCDPSession(page);
    if (THROTTLE > 1) await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
    const duplicate = async (): Promise<ChromiumPage> => {
      const [opened] = await Promise.all([
        this.#context.waitForEvent('page'),
        page.evaluate(() => {
          window.open(window.location.href);
        }),
      ]);
      await opened.waitForLoadState();
      return this.#wrap(opened);
    };
    const cpuSeconds = async (pid: number): Promise<number> => {
      const found = (await this.#processes()).find(({ id }) => id === pid);
      if (!found) throw new Error(`Process ${pid} is gone.`);
      return found.cpuTime;
    };
    return new ChromiumPage({ page, session, renderers: this.#renderers, cpuSeconds, duplicate });
  }
}

interface ChromiumPageParts {
  readonly page: Page;
  readonly session: CDPSession;
  readonly renderers: Renderers;
  readonly cpuSeconds: (pid: number) => Promise<number>;
  readonly duplicate: () => Promise<ChromiumPage>;
}

export class ChromiumPage implements EnginePage {
  /** Playwright's own, for what is not here. */
  readonly page: Page;
  /** A DevTools session of this page. */
  readonly session: CDPSession;
  /** A tab with the same address and a copy of the `sessionStorage`. It shares the renderer process with this one. */
  readonly duplicate: () => Promise<ChromiumPage>;
  readonly #parts: ChromiumPageParts;
  /** The process while it is stopped, when the page can't be asked. */
  #stopped: number | null = null;

  constructor(parts: ChromiumPageParts) {
    this.page = parts.page;
    this.session = parts.session;
    this.duplicate = parts.duplicate;
    this.#parts = parts;
  }

  evaluate(expression: string): Promise<string> {
    return this.page.evaluate(expression);
  }

  async navigate(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async back(): Promise<void> {
    // Playwright never sees a page load that comes from the cache: the page itself tells when it has.
    await this.page.goBack({ waitUntil: 'commit' });
    await this.page.waitForFunction(() => document.readyState === 'complete');
  }

  async show(): Promise<void> {
    await this.page.bringToFront();
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** The id of the process that renders this page: the page must be awake to be asked. */
  async rendererPid(): Promise<number> {
    return this.#stopped ?? (await this.#parts.renderers.pidOf((expression) => this.evaluate(expression)));
  }

  /** Kills the process at once, as a crash does. */
  async kill(): Promise<void> {
    const pid = await this.rendererPid();
    const crashed = new Promise((resolve) => this.page.once('crash', resolve));
    process.kill(pid, 'SIGKILL');
    await crashed;
  }

  /** Stops the process, as a wedged machine does: it holds what it holds, and answers nothing. */
  async stop(): Promise<void> {
    const pid = await this.rendererPid();
    process.kill(pid, 'SIGSTOP');
    this.#stopped = pid;
  }

  /** Lets a stopped process go on. */
  wake(): void {
    if (this.#stopped === null) throw new Error('This page is not stopped.');
    process.kill(this.#stopped, 'SIGCONT');
    this.#stopped = null;
  }

  /** Freezes the page as the browser does with one in the background. Another page must be visible: a visible one does not freeze. */
  async freeze(): Promise<void> {
    if ((await this.evaluate('document.visibilityState')) !== 'hidden')
      throw new Error('Only a hidden page freezes: show another first.');
    const frozen = this.evaluate(
      "new Promise((resolve) => document.addEventListener('freeze', () => resolve(''), { once: true }))",
    );
    await this.session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await frozen;
  }

  async unfreeze(): Promise<void> {
    const resumed = this.evaluate(
      "new Promise((resolve) => document.addEventListener('resume', () => resolve(''), { once: true }))",
    );
    await this.session.send('Page.setWebLifecycleState', { state: 'active' });
    await resumed;
  }

  /** Seconds of CPU time that this page's process has used so far; counted in hundredths. Does not disturb the page. */
  cpuSeconds(rendererPid: number): Promise<number> {
    return this.#parts.cpuSeconds(rendererPid);
  }
}

/** Whether a process does anything yet: one that has ended stays in the list until its parent asks for it. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What Chromium prints once it listens. */
function debuggerAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const [, address] = /DevTools listening on (ws:\S+)/.exec(printed) ?? [];
      if (address) resolve(address);
    });
    child.once('close', () => reject(new Error(`Chromium did not start:\n${printed}`)));
  });
}
