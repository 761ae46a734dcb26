import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  cacheDir: resolve(here, '../node_modules/.vite/demo'),
  appType: 'mpa',
  optimizeDeps: { include: ['broadcast-channel', 'idb-keyval'] },
  // The built package lies beside the demo, as it would in node_modules.
  server: { fs: { allow: [resolve(here, '..')] } },
  build: {
    rolldownOptions: { input: ['index.html', 'agent.html', 'lab.html', 'tab.html'].map((page) => resolve(here, page)) },
  },
});
