// Node can't run TypeScript here: Vite, which the project has anyway, loads main.ts, or what is named first, and what it imports.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const main = new URL('main.ts', import.meta.url);
const others = { election: new URL('election.ts', import.meta.url), profile: new URL('profile.ts', import.meta.url) };
const [first, ...rest] = process.argv.slice(2);
const other = others[first];
const { module } = await runnerImport(fileURLToPath(other ?? main), { configFile: false, logLevel: 'error' });
await module.main(other ? rest : process.argv.slice(2));
