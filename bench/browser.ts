/** A real Chromium for the benchmarks, each of its tabs with a renderer process of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { type ChromiumPage, launchChromium } from '../test/browser/support/chromium';
import type { BenchPage, PageOptions } from './pages/page-api';
import { startBenchServer } from './server';

/** Longer than anything measured here takes. */
const HANG_MS = 90_000;

export interface BenchBrowser {
  readonly version: string;
  open(options?: PageOptions): Promise<BenchTab>;
  /** Opens so many, a few at a time. */
  openMany(count: number, options?: PageOptions): Promise<BenchTab[]>;
  close(): Promise<void>;
}

export async function launchBenchBrowser({ isMinified = true } = {}): Promise<BenchBrowser> {
  const [chromium, server] = await Promise.all([launchChromium(), startBenchServer(isMinified)]);
  const open = async (options: PageOptions = {}): Promise<BenchTab> =>
    new BenchTab(await chromium.engine.open(server.page(options)), server.blank);
  return {
    version: chromium.engine.version,
    open,
    async openMany(count, options) {
      const tabs: BenchTab[] = [];
      while (tabs.length < count) {
        const batch = Math.min(4, count - tabs.length);
        tabs.push(...(await Promise.all(Array.from({ length: batch }, () => open(options)))));
      }
      return tabs;
    },
    async close() {
      await chromium.close();
      server.close();
    },
  };
}

export class BenchTab {
  readonly page: ChromiumPage;
  readonly #blank: string;

  constructor(page: ChromiumPage, blank: string) {
    this.page = page;
    this.#blank = blank;
  }

  /** Runs `body` in the page, with the page's bench. What goes in and comes out is plain data. */
  async run<Result, Argument = undefined>(
    body: (bench: BenchPage, argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result> {
    const input = argument === undefined ? 'undefined' : JSON.stringify(argument);
    const expression = `(async () => JSON.stringify({ value: await (${body})(window.bench, ${input}) }))()`;
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Waited in vain for ${body}, given ${input}`)), HANG_MS);
      timer.unref(); // a run that was given up ends at once
    });
    const output = await Promise.race([this.page.evaluate(expression), stuck]).finally(() => clearTimeout(timer));
    return JSON.parse(output).value;
  }

  /** Leaves for an empty page of the same origin. Resolves with the wall clock at the moment of leaving. */
  async leave(): Promise<number> {
    const at = await this.run((bench) => bench.wall());
    await this.page.navigate(this.#blank);
    return at;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

/** Seconds of CPU time that a process has used so far, as the kernel's scheduler counts them: to the nanosecond. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // The thread ended meanwhile.
    }
  }
  return nanoseconds / 1e9;
}
