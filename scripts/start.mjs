// Serves the demo, its session server included, on one port of the loopback interface: PORT, or 5173, or the next free one.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createServer as createVite } from 'vite';

const HOST = '127.0.0.1';
const FIRST_PORT = Number(process.env.PORT || 5173);
const PORTS_TO_TRY = process.env.PORT ? 1 : 20;

const DEMO = new URL('../demo/', import.meta.url);
const PAGES = new Map([
  ['/', 'index.html'],
  ['/basket.html', 'basket.html'],
  ['/checkout.html', 'checkout.html'],
  ['/agent.html', 'agent.html'],
  ['/lab.html', 'lab.html'],
  ['/tab.html', 'tab.html'],
]);

// The pages are served as they are, without the client for hot reload that Vite would put into them: a page that reloads by
// itself would be one more thing that happens to its session.
const vite = await createVite({
  configFile: fileURLToPath(new URL('vite.config.ts', DEMO)),
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false },
});
const { createSessionServer } = await vite.ssrLoadModule('/server/server.ts');
const sessions = createSessionServer();

const server = createServer((request, response) => {
  const page = PAGES.get(request.url.split('?')[0]);
  response.setHeader('content-security-policy', policyFor(server.address().port, page));
  response.setHeader('x-content-type-options', 'nosniff');
  if (sessions.handleRequest(request, response)) return;
  if (page) servePage(page, response);
  else vite.middlewares(request, response, () => response.writeHead(404).end('There is no such page.'));
});
server.on('upgrade', (request, socket, head) => {
  if (!sessions.handleUpgrade(request, socket, head)) socket.destroy();
});

await listen(FIRST_PORT, PORTS_TO_TRY);
const address = `http://${HOST}:${server.address().port}`;
console.log(`
  solotab demo

  customer   ${address}/            open it in several tabs
  agent      ${address}/agent.html
  tab lab    ${address}/lab.html
`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);

async function servePage(page, response) {
  const html = await readFile(new URL(page, DEMO));
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }).end(html);
}

async function stop() {
  sessions.close();
  server.close();
  server.closeAllConnections();
  await vite.close();
  process.exit(0);
}

/**
 * Nothing from elsewhere, nothing inline. The socket's address is spelled out: 'self' did not cover it in older browsers. The
 * agent's page shows another page as it was recorded, with its styles in it: these it may have inline.
 */
function policyFor(port, page) {
  const sockets = `ws://${HOST}:${port} ws://localhost:${port}`;
  const styles = page === 'agent.html' ? " style-src 'self' 'unsafe-inline';" : '';
  return `default-src 'self';${styles} connect-src 'self' ${sockets}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`;
}

async function listen(port, tries) {
  try {
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  } catch (error) {
    if (error.code !== 'EADDRINUSE' || tries <= 1) throw error;
    await listen(port + 1, tries - 1);
  }
}
