/** Real Chromium pages that share one renderer process, and so one JavaScript heap. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type ChromiumPage, launchChromium } from '../../test/browser/support/chromium';
import type { ScalePage } from '../pages/scale';

export interface Pages {
  readonly version: string;
  open(): Promise<WorkPage>;
  close(): Promise<void>;
}

export interface Cost {
  /** JavaScript heap of the process after a collection, in MB. */
  readonly heapMb: number;
  /** Event listeners that the process knows. */
  readonly listeners: number;
}

export async function launchPages(): Promise<Pages> {
  const script = await bundle();
  const server = createServer((request, response) => {
    const isScript = request.url === '/scale.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' });
    response.end(
      isScript ? script : '<!doctype html><title>scale</title><script type="module" src="/scale.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens on TCP
  const chromium = await launchChromium({ flags: ['--process-per-site'] });
  return {
    version: chromium.engine.version,
    open: async () => new WorkPage(await chromium.engine.open(url)),
    async close() {
      await chromium.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

export class WorkPage {
  readonly #page: ChromiumPage;

  constructor(page: ChromiumPage) {
    this.#page = page;
  }

  /** Calls a function of the page. */
  async call<Name extends keyof ScalePage>(
    name: Name,
    ...given: Parameters<ScalePage[Name]>
  ): Promise<Awaited<ReturnType<ScalePage[Name]>>> {
    const body = `(async () => JSON.stringify({ value: await window.scale.${name}(...${JSON.stringify(given)}) }))()`;
    return JSON.parse(await this.#page.evaluate(body)).value;
  }

  /** Seconds of CPU time that the process which all pages share has used so far. */
  async cpuSeconds(): Promise<number> {
    const { session } = this.#page;
    await session.send('Performance.enable');
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ProcessTime')?.value ?? Number.NaN;
  }

  async cost(): Promise<Cost> {
    const { session } = this.#page;
    // Twice: what the first one finalizes is free after the second.
    for (const _ of [1, 2]) await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { jsEventListeners } = await session.send('Memory.getDOMCounters');
    return { heapMb: usedSize / 2 ** 20, listeners: jsEventListeners };
  }
}

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../pages/scale.ts', import.meta.url))],
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser' },
    ...{ target: 'es2022', logLevel: 'error' },
  });
  return result.outputFiles[0]?.text ?? '';
}
