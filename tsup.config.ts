import { defineConfig } from 'tsup';

const entry = {
  index: 'src/index.ts',
  zoom: 'src/zoom/index.ts',
  testing: 'src/testing/index.ts',
  election: 'src/lead/index.ts',
  devtools: 'src/devtools/index.ts',
  react: 'src/react/index.ts',
  vue: 'src/vue/index.ts',
  svelte: 'src/svelte/index.ts',
  solid: 'src/solid/index.ts',
};

export default defineConfig([
  // For bundlers and Node: the two dependencies stay imports, so that an app shares its own copies. What is loaded by import() stays
  // a chunk of its own; in CommonJS it is a require() that runs as late, so that test runners without import() have it too.
  { entry, format: ['esm', 'cjs'], target: 'es2020', dts: true, clean: true, splitting: true },
  // For a page without a bundler, everything in one file: `window.solotab` for a plain <script>, a module for one of type="module".
  {
    entry: { solotab: 'src/index.ts' },
    format: ['iife', 'esm'],
    globalName: 'solotab',
    target: 'es2020',
    platform: 'browser',
    noExternal: [/.*/],
    splitting: false,
    minify: true,
    outExtension: ({ format }) => ({ js: format === 'iife' ? '.min.js' : '.min.mjs' }),
  },
]);
