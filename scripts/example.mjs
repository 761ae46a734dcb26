/** Serves one of the examples on the loopback interface: `npm run example one-websocket`. On PORT, or on any free port. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url));
const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const [name = ''] = process.argv.slice(2);

if (names.includes(name)) {
  const { attach } = await load(`${name}/server.ts`);
  const { serveExample } = await load('serve.ts');
  const { address } = await serveExample(name, (server) => attach(server), Number(process.env.PORT || 0));
  console.log(`${name} is at ${address}: open it in several tabs. Ctrl+C stops it.`);
} else {
  console.error(`Which example? One of: ${names.join(', ')}.`);
  process.exitCode = 1;
}

async function load(path) {
  return (await runnerImport(`${EXAMPLES}${path}`, { configFile: false, logLevel: 'error' })).module;
}
