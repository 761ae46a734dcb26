import { defineConfig } from 'tsup';

const entry = { index: 'src/index.ts', zoom: 'src/zoom/index.ts', testing: 'src/testing/index.ts' };

export default defineConfig([
  // For bundlers and Node: the two dependencies stay imports, so that an app shares its own copies.
  { entry, format: ['esm', 'cjs'], target: 'es2020', dts: true, clean: true, splitting: true, treeshake: true },
  // For a plain <script>: everything in one file, as window.solotab.
  {
    entry: { solotab: 'src/index.ts' },
    format: ['iife'],
    globalName: 'solotab',
    target: 'es2020',
    platform: 'browser',
    noExternal: [/.*/],
    minify: true,
    outExtension: () => ({ js: '.min.js' }),
  },
]);
