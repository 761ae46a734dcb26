import { defineConfig } from 'vitest/config';

const own = (environment) => ({
  extends: true,
  // What needs a document is not for Node.
  test: { name: environment, environment, include: environment === 'node' ? ['timers.test.ts'] : ['*.test.{ts,tsx}'] },
});

export default defineConfig({
  test: { pool: 'threads', maxWorkers: 2, projects: ['node', 'happy-dom', 'jsdom'].map(own) },
});
