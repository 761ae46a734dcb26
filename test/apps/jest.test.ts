/** The tests of apps that use Jest with jsdom, which has neither structuredClone nor MessageChannel nor a store. */
import { expect, test } from 'vitest';
import { BUILT, runInstalled } from './support/run';

test.each([
  ['CommonJS', 'jest-cjs', []],
  ['ES modules', 'jest-esm', ['--experimental-vm-modules', '--no-warnings']],
])('tests of an app of %s pass in Jest with jsdom', async (_, folder, flags) => {
  const cwd = `${BUILT}/${folder}`;
  const args = ['--ci', '--silent', '--no-cache', '--json'];
  const { stdout } = await runInstalled('jest/bin/jest.js', args, { cwd, env: { NODE_OPTIONS: flags.join(' ') } });
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 6, numTotalTests: 6 });
});
