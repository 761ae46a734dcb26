// Node can't run TypeScript here: Vite, which the project has anyway, loads what is named, or main.ts, and what it imports.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const main = new URL('main.ts', import.meta.url);
const others = new Map([
  ['at-rest', new URL('at-rest.ts', import.meta.url)],
  ['election', new URL('election.ts', import.meta.url)],
  ['profile', new URL('profile.ts', import.meta.url)],
  ['scale-causes', new URL('scale/causes.ts', import.meta.url)],
  ['scale', new URL('scale.ts', import.meta.url)],
  ['service', new URL('service.ts', import.meta.url)],
  ['steps', new URL('steps.ts', import.meta.url)],
]);
const [first = '', ...rest] = process.argv.slice(2);
const other = others.get(first);
const { module } = await runnerImport(fileURLToPath(other ?? main), { configFile: false, logLevel: 'error' });
await module.main(other ? rest : process.argv.slice(2));
