// Node can't run TypeScript here: Vite, which the project has anyway, loads main.ts, or election.ts, and what it imports.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const main = new URL('main.ts', import.meta.url);
const election = new URL('election.ts', import.meta.url);
const [first, ...rest] = process.argv.slice(2);
const isElection = first === 'election';
const { module } = await runnerImport(fileURLToPath(isElection ? election : main), {
  configFile: false,
  logLevel: 'error',
});
await module.main(isElection ? rest : process.argv.slice(2));
