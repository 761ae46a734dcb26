/** The built documentation, served on the loopback interface as a static host would serve it. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SITE = fileURLToPath(new URL('../../../docs/.vitepress/dist/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.mp4': 'video/mp4',
};

export interface DocsSite {
  readonly origin: string;
  close(): Promise<void>;
}

/** The address of every page but the first, and but the one that says that there is no such page. */
export function builtPages(): string[] {
  const files = readdirSync(SITE, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.html'));
  return files
    .map((file) => `/${file}`.replace(/\/index\.html$/, '/'))
    .filter((path) => path !== '/' && path !== '/404.html');
}

export async function serveDocs(): Promise<DocsSite> {
  if (!existsSync(join(SITE, 'index.html'))) throw new Error('Build the documentation first: `npm run docs:build`.');
  const server = createServer(({ url = '/' }, response) => {
    const path = decodeURIComponent(url.replace(/[?#].*/, ''));
    const file = join(SITE, path.endsWith('/') ? `${path}index.html` : path);
    if (!file.startsWith(SITE) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end('There is no such page.');
      return;
    }
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { origin: `http://127.0.0.1:${port}`, close };
}
