/** What an app's compiler says of the published declarations: it reads them all (`skipLibCheck: false`), and knows ES2020 and the DOM only. */
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUILT, runInstalled } from './support/run';

const COMPILERS = {
  '5.0': 'ts50/lib/tsc.js',
  '5.4': 'ts54/lib/tsc.js',
  '5.9': 'ts59/lib/tsc.js',
  '7': 'ts7/bin/tsc',
};
type Version = keyof typeof COMPILERS;

const VERSIONS: readonly Version[] = ['5.0', '5.4', '5.9', '7'];

/** `from`: packages of the app. `esm` is one of ES modules, `cjs` one that says nothing of modules. */
const SETTINGS = [
  { moduleResolution: 'node10', module: 'commonjs', from: ['cjs'] },
  { moduleResolution: 'node16', module: 'node16', from: ['esm', 'cjs'] },
  { moduleResolution: 'nodenext', module: 'nodenext', from: ['esm', 'cjs'] },
  { moduleResolution: 'bundler', module: 'esnext', from: ['esm'] },
] as const;
type Setting = (typeof SETTINGS)[number];

const OWN = ['core', 'zoom', 'testing', 'election'];

/**
 * Each framework where its own declarations compile: Vue's need the `NoInfer` of TypeScript 5.4, Svelte's and Solid's name types of the
 * DOM that came with 5.4 and later.
 */
const FRAMEWORKS: Readonly<Record<Version, readonly string[]>> = {
  '5.0': ['react'],
  '5.4': ['react', 'svelte', 'vue'],
  '5.9': ['react', 'svelte', 'vue', 'solid'],
  '7': ['react', 'svelte', 'vue', 'solid'],
};

const combinations = VERSIONS.flatMap((version) =>
  // TypeScript 7 has no node10.
  SETTINGS.filter(({ moduleResolution }) => version !== '7' || moduleResolution !== 'node10').map((setting) => ({
    version,
    setting,
    entries: [...OWN, ...FRAMEWORKS[version]],
  })),
);

for (const [name, manifest] of [
  ['esm', { type: 'module' }],
  ['cjs', {}],
] as const) {
  cpSync(`${BUILT}/types`, `${BUILT}/${name}`, { recursive: true });
  writeFileSync(`${BUILT}/${name}/package.json`, JSON.stringify(manifest));
}

/**
 * The declarations of Svelte and Solid are of ES modules only: under node16, CommonJS may not import those. Svelte's import a package that
 * node10 does not find.
 */
const IMPOSSIBLE: Readonly<Record<Setting['moduleResolution'], readonly string[]>> = {
  node10: ['cjs/svelte.ts'],
  node16: ['cjs/svelte.ts', 'cjs/solid.ts'],
  nodenext: [],
  bundler: [],
};

function filesOf({ moduleResolution, from }: Setting, entries: readonly string[]): readonly string[] {
  const files = from.flatMap((name) => entries.map((entry) => `${name}/${entry}.ts`));
  return files.filter((file) => !IMPOSSIBLE[moduleResolution].includes(file));
}

/** Rejects with what the compiler says. */
async function compile(version: Version, setting: Setting, entries: readonly string[], lib: readonly string[]) {
  const { moduleResolution, module } = setting;
  const path = `${BUILT}/tsconfig-${version}-${moduleResolution}-${entries[0]}.json`;
  const compilerOptions = {
    ...{ module, moduleResolution, target: 'es2020', lib, types: [], strict: true, noEmit: true },
    // Every library's declarations are checked, but for the compiler's own.
    ...{ skipLibCheck: false, skipDefaultLibCheck: true },
  };
  writeFileSync(path, JSON.stringify({ compilerOptions, files: filesOf(setting, entries) }));
  await runInstalled(COMPILERS[version], ['-p', path]);
}

test('every entry has a file that uses it', () => {
  const files = readdirSync(`${BUILT}/types`).map((name) => name.replace(/\.ts$/, ''));
  expect(files.sort()).toEqual([...OWN, 'react', 'solid', 'svelte', 'using', 'vue'].sort());
  const used = combinations.flatMap(({ entries }) => entries);
  expect(files.filter((name) => name !== 'using' && !used.includes(name))).toEqual([]);
});

test.each(combinations.map((each) => [`TypeScript ${each.version}, ${each.setting.moduleResolution}`, each] as const))(
  '%s: an app compiles, and its mistakes don’t',
  async (_, { version, setting, entries }) => {
    await compile(version, setting, entries, ['ES2020', 'DOM']);
  },
);

// `using` came with TypeScript 5.2.
test.each(['5.4', '5.9', '7'] as const)('`using coordinator = …` compiles with TypeScript %s', async (version) => {
  await compile(version, SETTINGS[3], ['using'], ['ES2020', 'DOM', 'ESNext.Disposable']);
});
