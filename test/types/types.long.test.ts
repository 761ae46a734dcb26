/** What compiles and what does not, as tests: with the versions of TypeScript and the settings that apps have. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { options: own } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config,
  ts.sys,
  ROOT,
);

function problemsOf(file: string, options: ts.CompilerOptions): string[] {
  const program = ts.createProgram([`${ROOT}test/types/${file}`], { ...own, noEmit: true, ...options });
  return ts.getPreEmitDiagnostics(program).map(({ file: source, start = 0, messageText }) => {
    const line = source ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${source?.fileName.slice(ROOT.length)}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

test.each([
  ['the strictest settings', {}],
  ['optional properties that may be undefined', { exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: false }],
])('one shape types everything end to end, under %s', { timeout: 60_000 }, (_, options) => {
  expect(problemsOf('shape.test-d.ts', options)).toEqual([]);
});

test('`using` works where TypeScript has it', { timeout: 60_000 }, () => {
  expect(problemsOf('using.test-d.ts', {})).toEqual([]);
});
