/** Readers copy examples word for word: each one compiles in strict mode, and those that are marked `run` run. */
import { describe, expect, test } from 'vitest';
import { componentProblemsOf } from './support/component';
import { examplesIn, examplesOf, pages } from './support/examples';
import { runExample } from './support/run';
import { problemsOf } from './support/type-check';

const examples = pages().flatMap(examplesOf);

test('every example type-checks in strict mode, word for word', { timeout: 120_000 }, () => {
  expect(examples).not.toEqual([]);
  expect(problemsOf(examples)).toEqual([]);
});

test('every component compiles, its template included', () => {
  expect(componentProblemsOf(examples)).toEqual([]);
});

describe('examples that are marked `run`', () => {
  const running = examples.filter(({ runs }) => runs);

  test('are there, and every example of a test is one of them, or a test of an app in test/apps', () => {
    expect(running).not.toEqual([]);
    const tests = examples.filter(({ text }) => text.includes("from 'solotab/testing'"));
    expect(tests.filter(({ runs, inApp }) => !runs && !inApp).map(({ where }) => where)).toEqual([]);
  });

  test.each(running)('the one at $where runs as it is', ({ text }) => runExample(text));
});

test('an example that is broken is found, with its page and line; one that is right is not', {
  timeout: 60_000,
}, () => {
  const use = "import { createCoordinator } from 'solotab';";
  const blocks = [
    "createCoordinator({ name: 'x', drive: 1 });",
    "document.querySelector('p').hidden = true;",
    'export const f = (x) => x;',
    'nobody();',
    'export const list = [1;',
    'export const create = createCoordinator;',
  ];
  const fence = '```';
  const page = blocks.map((block) => `Text\n${fence}ts\n${use}\n${block}\n${fence}\n`).join('');
  expect(problemsOf(examplesIn('page.md', page))).toEqual([
    expect.stringMatching(/^page\.md:4: .*'drive' does not exist/s),
    expect.stringMatching(/^page\.md:9: .*possibly 'null'/),
    expect.stringMatching(/^page\.md:14: .*implicitly has an 'any' type/),
    expect.stringMatching(/^page\.md:19: Cannot find name 'nobody'/),
    expect.stringMatching(/^page\.md:24: .*expected/),
  ]);
});

test('an example may import another one of its page by the name in its first line', { timeout: 60_000 }, () => {
  const fence = '```';
  const page = [
    `${fence}ts\n// support.ts\nexport const pin: string = 'X7';\n${fence}`,
    `${fence}vue\n<script setup lang="ts">\nimport { pin } from './support';\nconst n: number = pin;\n</script>\n${fence}`,
  ].join('\n');
  expect(problemsOf(examplesIn('page.md', page))).toEqual([expect.stringMatching(/^page\.md:8: .*'string' is not/)]);
});

test('a component whose template is broken is found', () => {
  const fence = '```';
  const vue = `${fence}vue\n<script setup lang="ts">\nconst a = 1;\n</script>\n<template><p v-if>{{ a }}</p></template>\n${fence}\n`;
  const svelte = `${fence}svelte\n<p>{#if}</p>\n${fence}\n`;
  expect(componentProblemsOf(examplesIn('page.md', vue + svelte))).toEqual([
    expect.stringMatching(/^page\.md:2: /),
    expect.stringMatching(/^page\.md:8: /),
  ]);
});

test('an example that fails as it runs is found', async () => {
  await expect(runExample("throw new Error('It broke.');")).rejects.toThrow('It broke.');
  const failing = "import { expect, test } from 'vitest';\ntest('x', () => { expect(1).toBe(2); });";
  await expect(runExample(failing)).rejects.toThrow('expected 1 to be 2');
});
