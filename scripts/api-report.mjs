/**
 * Writes etc/api.md: everything that the built declarations promise, without comments, in an order that depends on nothing
 * but names. A change of the API is so a change of this file, which somebody has to look at.
 *
 *     node scripts/api-report.mjs            writes it
 *     node scripts/api-report.mjs --check    fails if it would change
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = new URL('../', import.meta.url);
const REPORT = new URL('etc/api.md', ROOT);
const DIST = fileURLToPath(new URL('dist/', ROOT));
const { exports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));

const entries = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([path, target]) => ({
    name: path.replace('.', 'solotab'),
    file: fileURLToPath(new URL(target.import.types, ROOT)),
  }));
for (const { file } of entries) {
  if (!existsSync(file)) throw new Error(`There is no ${file}: run \`npm run build\`.`);
}

const program = ts.createProgram(
  entries.map(({ file }) => file),
  {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });
const printed = new Set();
const report = `# API report

Made by \`node scripts/api-report.mjs\` from the built declarations; CI fails if it is out of date.

${entries.map(describe).join('\n')}`;

if (!process.argv.includes('--check')) {
  writeFileSync(REPORT, report);
} else if (!existsSync(REPORT) || readFileSync(REPORT, 'utf8') !== report) {
  console.error(
    'The API is not what etc/api.md says. If that is meant, run `node scripts/api-report.mjs` and commit the file.',
  );
  process.exitCode = 1;
}

function describe({ name, file }) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  const exported = new Set(checker.getExportsOfModule(module).map(original));
  const reachable = new Set(exported);
  for (const symbol of reachable) for (const other of mentionedBy(symbol)) reachable.add(other);
  const internal = [...reachable].filter((symbol) => !exported.has(symbol) && !printed.has(symbol));
  for (const symbol of reachable) printed.add(symbol);
  const sections = [`## \`${name}\`\n\n${list(exported)}`];
  if (internal.length > 0) sections.push(`### Reachable from \`${name}\`, not exported\n\n${list(internal)}`);
  return sections.join('\n');
}

function list(symbols) {
  const declarations = [...symbols].map((symbol) => ({ name: symbol.getName(), text: print(symbol) }));
  declarations.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.text < b.text ? -1 : 1));
  return `${['```ts', ...declarations.map(({ text }) => text), '```'].join('\n')}\n`;
}

function print(symbol) {
  return declarationsOf(symbol)
    .map((node) => printer.printNode(ts.EmitHint.Unspecified, statementOf(node), node.getSourceFile()))
    .join('\n');
}

/** The symbols of this package that the declarations of one refer to. */
function mentionedBy(symbol) {
  const found = [];
  const visit = (node) => {
    const mentioned = ts.isIdentifier(node) && checker.getSymbolAtLocation(node);
    const target = mentioned && original(mentioned);
    if (target && declarationsOf(target).some((declared) => ts.isSourceFile(statementOf(declared).parent)))
      found.push(target);
    ts.forEachChild(node, visit);
  };
  for (const node of declarationsOf(symbol)) visit(node);
  return found.filter((target) => isTopLevel(target));
}

function isTopLevel(symbol) {
  return declarationsOf(symbol).every((node) => ts.isSourceFile(node.parent) || ts.isVariableDeclaration(node));
}

function declarationsOf(symbol) {
  return (symbol.declarations ?? []).filter((node) => node.getSourceFile().fileName.startsWith(DIST));
}

function statementOf(node) {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node;
}

function original(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
