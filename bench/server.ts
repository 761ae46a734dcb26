/** Serves the page of the benchmarks on the loopback interface. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { PageOptions } from './pages/page-api';

export interface BenchServer {
  page(options?: PageOptions): string;
  readonly blank: string;
  close(): void;
}

/** Where older browsers have no Web Locks: every library then does what it does without. */
const HIDE_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });";

export async function startBenchServer(isMinified = true): Promise<BenchServer> {
  const script = await bundlePage(isMinified);
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
    const options = JSON.parse(decodeURIComponent(search.slice(1)) || '{}') as PageOptions; // from page() below
    const [type, content] =
      pathname === '/page.js'
        ? ['text/javascript', script]
        : pathname === '/worker.js'
          ? ['text/javascript', 'onmessage = () => postMessage(0);']
          : ['text/html; charset=utf-8', html(pathname === '/page', options.hasLocks ?? true)];
    response.writeHead(200, {
      'content-type': type,
      'cache-control': 'max-age=3600',
      // Isolated pages have a clock that tells 5 µs; others one that tells 100.
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return {
    page: (options = {}) => `${origin}/page?${encodeURIComponent(JSON.stringify(options))}`,
    blank: `${origin}/blank`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function html(hasScript: boolean, hasLocks: boolean): string {
  const scripts = [
    ...(hasLocks ? [] : [`<script>${HIDE_LOCKS}</script>`]),
    ...(hasScript ? ['<script type="module" src="/page.js"></script>'] : []),
  ];
  return `<!doctype html>\n<meta charset="utf-8">\n<title>bench</title>\n<link rel="icon" href="data:,">\n${scripts.join('\n')}\n`;
}

/** Minified as an app would ship it, or readable in a profile. */
async function bundlePage(isMinified: boolean): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('pages/page.ts', import.meta.url))],
    bundle: true,
    minify: isMinified,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  });
  return result.outputFiles[0]?.text ?? '';
}
