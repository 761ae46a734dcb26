/** Whether the lists still fit the code: that each mutant is caught takes minutes, and is `npm run mutants`. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MUTANTS, occurrences } from './mutants.mjs';

const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test.each(MUTANTS)('the text that "$name" replaces is in the code once', ({ file, find, replace }) => {
  expect(occurrences(readFileSync(inProject(file), 'utf8'), find)).toBe(1);
  expect(replace).not.toBe(find);
});

test('each mutant has a name of its own, and names tests that there are', () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, tests } of MUTANTS) {
    expect(tests.length, name).toBeGreaterThan(0);
    for (const path of tests) expect(existsSync(inProject(path)), path).toBe(true);
  }
});
