// Node can't run TypeScript here: Vite, which the project has anyway, loads main.ts, or election.ts, and what it imports.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const [first, ...rest] = process.argv.slice(2);
const isElection = first === 'election';
const main = fileURLToPath(new URL(isElection ? 'election.ts' : 'main.ts', import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: 'error' });
await module.main(isElection ? rest : process.argv.slice(2));
