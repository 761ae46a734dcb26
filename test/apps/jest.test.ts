/** The tests of apps that use Jest with jsdom, which has neither structuredClone nor MessageChannel nor a store. */
import { expect, test } from 'vitest';
import { writeRecipes } from './support/recipes';
import { BUILT, runInstalled } from './support/run';

test.each([
  ['CommonJS', 'jest-cjs', []],
  ['ES modules', 'jest-esm', ['--experimental-vm-modules', '--no-warnings']],
])('tests of an app of %s pass in Jest with jsdom, the guide’s too', async (_, folder, flags) => {
  expect(writeRecipes('jest', folder, folder === 'jest-esm')).toBe(1);
  const cwd = `${BUILT}/${folder}`;
  const args = ['--ci', '--silent', '--no-cache', '--json'];
  const { stdout } = await runInstalled('jest/bin/jest.js', args, { cwd, env: { NODE_OPTIONS: flags.join(' ') } });
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 9, numTotalTests: 9 });
});
