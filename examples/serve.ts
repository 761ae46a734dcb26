/**
 * Serves an example on the loopback interface: its page, its script bundled by esbuild, and what its own server attaches. The same port
 * can be served again: that is how its server restarts.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface ServedExample {
  readonly port: number;
  readonly address: string;
  /** Cuts every connection, as when the machine loses its power. */
  stop(): Promise<void>;
}

export async function serveExample(
  name: string,
  attach: (server: Server) => void,
  port: number = 0,
): Promise<ServedExample> {
  const folder = new URL(`./${name}/`, import.meta.url);
  const [page, script] = await Promise.all([
    readFile(new URL('index.html', folder)),
    bundle(fileURLToPath(new URL('app.ts', folder))),
  ]);
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://example');
    if (pathname === '/') response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    else if (pathname === '/app.js') response.setHeader('content-type', 'text/javascript').end(script);
    else response.writeHead(404).end();
  });
  attach(server);

  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: served } = server.address() as AddressInfo; // it listens on TCP
  return {
    port: served,
    address: `http://127.0.0.1:${served}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.destroy();
      }),
  };
}

async function bundle(path: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${path}.`);
  return file.contents;
}
