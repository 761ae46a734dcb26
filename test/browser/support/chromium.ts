/**
 * Chromium, driven over the DevTools protocol by playwright-core, with nothing faked: the back/forward cache works, a tab in
 * the background is hidden, throttled and can be frozen, and each tab has a renderer process of its own that can be killed.
 *
 * Playwright makes all this different in a browser that it launches itself: it switches the cache off and tells every page
 * that it is visible and has the focus. So the browser is started here, and Playwright joins it without its defaults.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { findBrowsers } from '../../../scripts/browsers.mjs';
import { startServer } from './server';
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

export interface ChromiumOptions {
  readonly flags?: readonly string[];
}

/** Starts a Chromium with an empty profile, and a test server for it. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<ChromiumBrowser> {
  const [engine, server] = await Promise.all([ChromiumEngine.start(options), startServer()]);
  return new ChromiumBrowser(engine, server);
}

export class ChromiumBrowser extends TestBrowser<ChromiumPage> {
  /** A tab that has what a tab duplicated by its user has: the address, and a copy of the `sessionStorage`. */
  async duplicate(tab: Tab<ChromiumPage>): Promise<Tab<ChromiumPage>> {
    return new Tab(await tab.page.duplicate(), this.server);
  }
}

class ChromiumEngine implements Engine<ChromiumPage> {
  readonly name = 'chromium';
  readonly version: string;
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #processes: RendererProcesses;

  private constructor(process: ChildProcess, profile: string, browser: Browser, session: CDPSession) {
    const [context] = browser.contexts();
    if (!context) throw new Error('Chromium has no default context.');
    this.#process = process;
    this.#profile = profile;
    this.#browser = browser;
    this.#context = context;
    this.#processes = new RendererProcesses(session);
    this.version = browser.version();
  }

  static async start({ flags = [] }: ChromiumOptions): Promise<ChromiumEngine> {
    const { chromium: program } = findBrowsers();
    if (!program) throw new Error('There is no Chromium: run `node scripts/browsers.mjs`.');
    const profile = mkdtempSync(join(tmpdir(), 'solotab-chromium-'));
    // The shell kills the whole process group as soon as this process is gone, whichever way it went.
    const script = '"$@" & read -r _; kill -9 -$$';
    const args = ['-c', script, 'sh', program, ...FLAGS, ...flags, `--user-data-dir=${profile}`, 'about:blank'];
    const child = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
    const browser = await chromium.connectOverCDP(await debuggerAddress(child), { noDefaults: true });
    return new ChromiumEngine(child, profile, browser, await browser.newBrowserCDPSession());
  }

  async open(url: string): Promise<ChromiumPage> {
    const page = await this.#context.newPage();
    await page.goto(url);
    return this.#wrap(page);
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin?.end();
    await exited;
    await this.#browser.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #wrap(page: Page): Promise<ChromiumPage> {
    const session = await this.#context.newCDPSession(page);
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
    return new ChromiumPage(page, session, this.#processes, duplicate);
  }
}

export class ChromiumPage implements EnginePage {
  /** Playwright's own, for what is not here. */
  readonly page: Page;
  /** A DevTools session of this page. */
  readonly session: CDPSession;
  readonly duplicate: () => Promise<ChromiumPage>;
  readonly #processes: RendererProcesses;
  /** The process while it is stopped, when the page can't be asked. */
  #stopped: number | null = null;

  constructor(page: Page, session: CDPSession, processes: RendererProcesses, duplicate: () => Promise<ChromiumPage>) {
    this.page = page;
    this.session = session;
    this.duplicate = duplicate;
    this.#processes = processes;
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
    return this.#stopped ?? (await this.#processes.pidOf(this.page));
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

  /** Seconds of CPU time that the process has used so far; counted in hundredths. */
  async cpuSeconds(): Promise<number> {
    return this.#processes.cpuSeconds(await this.rendererPid());
  }
}

/**
 * Tells which process renders a page. The DevTools protocol lists the processes, and not whose they are; so the page starts
 * a worker, which shows in one of them as a new thread with a telling name.
 */
class RendererProcesses {
  readonly #session: CDPSession;
  /** One page after the other, so that only one thread is new at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: CDPSession) {
    this.#session = session;
  }

  pidOf(page: Page): Promise<number> {
    const asked = this.#queue.then(() => this.#ask(page));
    this.#queue = asked.catch(() => undefined);
    return asked;
  }

  async cpuSeconds(pid: number): Promise<number> {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo');
    const process = processInfo.find(({ id }) => id === pid);
    if (!process) throw new Error(`Process ${pid} is gone.`);
    return process.cpuTime;
  }

  async #ask(page: Page): Promise<number> {
    const before = await this.#workersByPid();
    await page.evaluate(
      (marker) =>
        new Promise<void>((resolve) => {
          const worker = new Worker('/worker.js');
          Reflect.set(window, marker, worker);
          worker.onmessage = () => resolve();
          worker.postMessage(0);
        }),
      'solotabWorker',
    );
    const after = await this.#workersByPid();
    await page.evaluate((marker) => (Reflect.get(window, marker) as Worker).terminate(), 'solotabWorker');
    const grown = [...after].filter(([pid, count]) => count > (before.get(pid) ?? 0)).map(([pid]) => pid);
    const [pid] = grown;
    if (pid === undefined || grown.length > 1) throw new Error(`Can't tell which process renders the page: ${grown}`);
    return pid;
  }

  async #workersByPid(): Promise<Map<number, number>> {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    return new Map(
      renderers.map(({ id }) => [id, threadNames(id).filter((name) => name === 'DedicatedWorker').length]),
    );
  }
}

function threadNames(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).map((thread) => {
      try {
        return readFileSync(join(folder, thread, 'comm'), 'utf8').trim();
      } catch {
        return ''; // ended meanwhile
      }
    });
  } catch {
    return [];
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
