/** Type-checks examples as a reader's own compiler would: strict, each a module of its own, word for word. */
import { dirname } from 'node:path';
import ts from 'typescript';
import { type Example, ROOT } from './examples';

/** What a reader has beside solotab: an SDK, buttons. Nothing else is known to an example. */
const READERS_OWN = `${ROOT}test/docs/readers-own.d.ts`;

const { options: own } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config,
  ts.sys,
  ROOT,
);

const OPTIONS: ts.CompilerOptions = {
  ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], allowJs: true, checkJs: true },
  ...{ target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'] },
  ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, jsx: ts.JsxEmit.ReactJSX },
  // As src is written.
  ...{ moduleDetection: ts.ModuleDetectionKind.Force, allowImportingTsExtensions: true },
  // 'solotab' and each of its subpaths are the sources of this repository.
  paths: own.paths ?? {},
  pathsBasePath: own.pathsBasePath,
};

/** What is wrong with them, each as `README.md:14: the compiler's words`. */
export function problemsOf(examples: readonly Example[]): string[] {
  const texts = new Map(
    // Lines are counted as in the page.
    examples.map((example) => [fileOf(example), '\n'.repeat(example.line - 1) + example.text]),
  );
  const folders = new Set([...texts.keys()].map(dirname));
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.directoryExists = (path) => folders.has(path) || (directoryExists?.(path) ?? true);
  host.getSourceFile = (path, options, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, options, ...rest) : ts.createSourceFile(path, text, options);
  };
  const program = ts.createProgram([...texts.keys(), READERS_OWN], OPTIONS, host);
  return examples.flatMap((example) => {
    const file = program.getSourceFile(fileOf(example));
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ start = 0, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `${example.page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

/** In a folder for each page, where examples find each other by their names, and what is installed here. */
function fileOf({ page, line, file, language }: Example): string {
  return `${ROOT}${page.replace(/\.md$/, '')}-examples/${file ?? `line-${line}.${language}`}`;
}
