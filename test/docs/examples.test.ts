/** Readers copy examples word for word: each one type-checks in strict mode, and those for an app's own tests run. */
import * as solotab from 'solotab';
import * as testing from 'solotab/testing';
import ts from 'typescript';
import * as vitest from 'vitest';
import { describe, expect, test } from 'vitest';
import { examplesIn, examplesOf, pages } from './support/examples';
import { problemsOf } from './support/type-check';

const examples = pages().flatMap(examplesOf);

test('every example type-checks in strict mode, word for word', { timeout: 120_000 }, () => {
  expect(examples).not.toEqual([]);
  expect(problemsOf(examples)).toEqual([]);
});

describe('examples of tests', () => {
  const ofTests = examples.filter(({ text }) => text.includes("from 'solotab/testing'"));

  test('are there', () => expect(ofTests).not.toEqual([]));

  test.each(ofTests)('the one at $where runs as it is', async ({ text }) => {
    const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
    const bodies: (() => unknown)[] = [];
    const modules: Readonly<Record<string, unknown>> = {
      ...{ solotab, 'solotab/testing': testing },
      vitest: { ...vitest, test: (_: string, body: () => unknown) => bodies.push(body) },
    };
    new Function('require', 'exports', outputText)((name: string) => modules[name], {});
    expect(bodies).not.toEqual([]);
    for (const body of bodies) await body();
    expect.hasAssertions();
  });
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
