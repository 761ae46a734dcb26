import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const pages = ['index.html', 'basket.html', 'checkout.html', 'agent.html', 'lab.html', 'tab.html'];

export default defineConfig({
  root: here,
  // Tests run several demos at a time: each has a folder of its own, as Vite writes it anew after an installation.
  cacheDir: resolve(here, '../node_modules/.vite', process.env.DEMO_CACHE ?? 'shop'),
  appType: 'mpa',
  optimizeDeps: { include: ['broadcast-channel', 'idb-keyval', '@rrweb/record', '@rrweb/replay'] },
  // The built package lies beside the demo, as it would in node_modules.
  server: { fs: { allow: [resolve(here, '..')] } },
  build: {
    rolldownOptions: { input: pages.map((page) => resolve(here, page)) },
  },
});
