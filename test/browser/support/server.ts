/**
 * The loopback server of the browser tests: pages, their scripts (bundled in memory by esbuild from the sources), the session
 * backend, and a barrier at which pages wait for each other. Everything a page needs comes from its own origin, as a file:
 * pages work under the strictest policy.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { compile } from 'svelte/compiler';
import { type ActType, SessionBackend } from './backend';

/** The frameworks whose widget `pages/widget.ts` shows. */
export const WIDGETS = ['react', 'vue', 'svelte', 'solid'] as const;
export type Widget = (typeof WIDGETS)[number];

export interface PageOptions {
  /** Which of the scripts in `pages/` runs in it. Default `coordinator`. */
  readonly script?: 'coordinator' | 'platform' | 'election';
  /** With the panel of the devtools over its coordinator: by a script, and so a copy of the library, of its own. */
  readonly devtools?: boolean;
  /** With the widget of a framework over its coordinator, as `config.widget` says. */
  readonly widget?: boolean;
  /** Handed to the script as `window.pageConfig`. */
  readonly config?: unknown;
  /** Runs before anything else in the page, to take something away or break it. */
  readonly initScript?: string | undefined;
  /** Headers of the page, such as a `Content-Security-Policy`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface TestServer {
  readonly origin: string;
  readonly backend: SessionBackend;
  /** What pages with the script `SERVER_CLOCK` that are loaded from now on take the time to be: hours may have passed. */
  readonly clock: { aheadMs: number };
  /** The address of a new page. It keeps its options over reloads and history navigation. */
  page(options?: PageOptions): string;
  /** The address of an empty page on the same origin. */
  readonly blank: string;
  close(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const backend = new SessionBackend();
  const clock = { aheadMs: 0 };
  const pages: PageOptions[] = [];
  const bundles = new Map<string, Promise<string>>();

  const bundle = (script: string): Promise<string> => {
    const known = bundles.get(script);
    if (known) return known;
    const built = bundlePage(script);
    bundles.set(script, built);
    return built;
  };

  const serveFile = async (path: readonly string[], response: ServerResponse): Promise<void> => {
    const [folder = '', name = ''] = path;
    const page = pages[Number.parseInt(name, 10)];
    const script = page?.script ?? 'coordinator';
    if (folder === 'page' && page) {
      const scripts = [
        `<script src="/init/${name}.js"></script>`,
        `<script type="module" src="/bundle/${script}.js"></script>`,
        page.devtools ? '<script type="module" src="/bundle/devtools.js"></script>' : '',
        page.widget ? '<script type="module" src="/bundle/widget.js"></script>' : '',
      ];
      for (const [header, value] of Object.entries(page.headers ?? {})) response.setHeader(header, value);
      send(response, 200, 'text/html; charset=utf-8', html(`tab ${name}`, scripts.join('\n')));
    } else if (folder === 'init' && page) {
      const config = `window.pageConfig = ${JSON.stringify(page.config ?? {})};\nwindow.realBroadcastChannel = BroadcastChannel;`;
      send(response, 200, 'text/javascript', `${config}\n${page.initScript ?? ''}`);
    } else if (folder === 'bundle') {
      send(response, 200, 'text/javascript', await bundle(name.replace('.js', '')));
    } else if (folder === 'worker.js') {
      send(response, 200, 'text/javascript', 'onmessage = () => postMessage(0);');
    } else if (folder === 'clock') {
      send(response, 200, 'text/plain', String(clock.aheadMs));
    } else if (folder === 'blank') {
      send(response, 200, 'text/html; charset=utf-8', html('blank', ''));
    } else {
      send(response, folder === 'favicon.ico' ? 204 : 404, 'text/plain', '');
    }
  };

  const serveBackend = async (path: readonly string[], request: IncomingMessage, response: ServerResponse) => {
    const [scope = '', type = 'act'] = path;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { tabId, epoch, body } = JSON.parse(await read(request));
    const answer = await backend.serve({ scope, type: type as ActType, tabId, epoch, body }, gone.signal);
    send(response, answer.status, 'application/json', JSON.stringify(answer.body));
  };

  const server = createServer((request, response) => {
    const [folder, ...rest] = (request.url ?? '/').slice(1).split('/').map(decodeURIComponent);
    const served =
      folder === 'backend' ? serveBackend(rest, request, response) : serveFile([folder ?? '', ...rest], response);
    served.catch((error: unknown) => send(response, 500, 'text/plain', String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP

  return {
    origin,
    backend,
    clock,
    page: (options = {}) => `${origin}/page/${pages.push(options) - 1}`,
    blank: `${origin}/blank`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const svelteComponents: Plugin = {
  name: 'svelte',
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const { js } = compile(readFileSync(path, 'utf8'), { filename: path, generate: 'client' });
      return { contents: js.code, loader: 'js' };
    });
  },
};

async function bundlePage(script: string): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`./pages/${script}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
    sourcemap: 'inline',
    plugins: [svelteComponents],
    logLevel: 'error',
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${script}.`);
  return file.text;
}

function html(title: string, scripts: string): string {
  return `<!doctype html>\n<meta charset="utf-8">\n<title>${title}</title>\n${scripts}\n`;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  // Not `no-store`: it would keep the page out of the back/forward cache. A sandboxed frame has an origin of its own.
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache', 'access-control-allow-origin': '*' });
  response.end(body);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set: chunks are buffers
  return Buffer.concat(chunks).toString('utf8');
}
