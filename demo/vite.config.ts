import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  cacheDir: resolve(here, '../node_modules/.vite/demo'),
  appType: 'mpa',
  optimizeDeps: { include: ['broadcast-channel', 'idb-keyval'] },
  build: {
    rolldownOptions: { input: ['index.html', 'agent.html', 'lab.html', 'tab.html'].map((page) => resolve(here, page)) },
  },
});
