/** The tests of an app that uses vitest: the guide's, and two files that run in threads beside each other. */
import { expect, test } from 'vitest';
import { writeRecipes } from './support/recipes';
import { BUILT, runInstalled } from './support/run';

test('what the guide shows passes in node, happy-dom and jsdom, and test files in threads are no tabs of each other', async () => {
  expect(writeRecipes('vitest', 'vitest')).toBe(2);
  const { stdout } = await runInstalled('vitest/vitest.mjs', ['run', '--reporter=json'], { cwd: `${BUILT}/vitest` });
  const { numPassedTests, numTotalTests, testResults } = JSON.parse(stdout);
  expect({ numPassedTests, numTotalTests, files: testResults.length }).toEqual({
    // Fake timers in each, a component and two threads where there is a document.
    ...{ numPassedTests: 9, numTotalTests: 9, files: 9 },
  });
});
