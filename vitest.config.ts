import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Tests of Node wait for nothing real, but a busy machine takes a while. */
const BUSY_MS = 30_000;

/** Files of browser tests at a time. A fourth one would measure how patient the tests are. */
const BROWSERS = 3;

/** The browser files that take longest. They are the shortest to read, so Vitest would begin with them last, and one core would wait for the other. */
const LONGEST = [
  ...['rows-engines', 'adapters', 'rows-lost-hosts', 'rows', 'contracts-firefox', 'demo', 'contracts-webkit'],
  ...['election', 'contracts-chromium', 'relay'],
].map((name) => `/test/browser/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = LONGEST.findIndex((end) => moduleId.endsWith(end));
      return rank < 0 ? LONGEST.length : rank;
    };
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  resolve: {
    alias: {
      'solotab/zoom': source('zoom/index.ts'),
      'solotab/testing': source('testing/index.ts'),
      'solotab/election': source('lead/index.ts'),
      'solotab/devtools': source('devtools/index.ts'),
      'solotab/react': source('react/index.ts'),
      'solotab/vue': source('vue/index.ts'),
      'solotab/svelte': source('svelte/index.ts'),
      'solotab/solid': source('solid/index.ts'),
      solotab: source('index.ts'),
    },
  },
  test: {
    // Vitest's own choice leaves one core alone: on two cores one file runs after the other.
    maxWorkers: Math.max(2, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        plugins: [svelte({ configFile: false })],
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            ...['browser', 'package', 'frameworks', 'devtools', 'apps'].map((folder) => `test/${folder}/**`),
            'test/**/*.long.test.ts',
          ],
          // Modules are loaded once for many files, which saves a third of the time: none of them keeps a state, and a test
          // puts back what it changes of a global.
          isolate: false,
          testTimeout: BUSY_MS,
        },
      },
      {
        extends: true,
        // What takes more than some seconds. Its name comes before `node` in the alphabet, so that Vitest begins with it:
        // begun last, one file would keep one core busy while the other has nothing to do.
        test: { name: 'long', include: ['test/**/*.long.test.ts'], testTimeout: BUSY_MS },
      },
      {
        extends: true,
        plugins: [svelte({ configFile: false })],
        // As bundlers for browsers choose among the builds of a framework.
        resolve: { conditions: ['browser', 'development'] },
        test: {
          name: 'frameworks',
          include: ['test/frameworks/**/*.test.ts', 'test/devtools/**/*.test.ts'],
          environment: 'happy-dom',
          testTimeout: BUSY_MS,
          server: { deps: { inline: [/solid/] } },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts', 'test/package/**/*.test.ts'],
          exclude: [
            'test/browser/**/*.alone.test.ts',
            'test/browser/chaos.test.ts',
            'test/browser/docs.test.ts',
            'test/browser/first-session.test.ts',
            'test/browser/field/**',
          ],
          // Each file has browsers of its own, and waits for them half of the time.
          maxWorkers: BROWSERS,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // What measures times that people notice: one file at a time, when the others are through.
        test: {
          name: 'alone',
          include: ['test/browser/**/*.alone.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // What people reported.
        test: {
          name: 'field',
          include: ['test/browser/field/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // The built site: `npm run test:docs`.
        test: { name: 'docs', include: ['test/browser/docs.test.ts', 'test/browser/first-session.test.ts'] },
      },
      {
        extends: true,
        // The packed library in apps of strangers, with what test/apps installs for itself.
        test: {
          name: 'apps',
          include: ['test/apps/*.test.ts'],
          globalSetup: 'test/apps/global-setup.ts',
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: { name: 'chaos', include: ['test/browser/chaos.test.ts'], fileParallelism: false },
      },
    ],
  },
});
