/** The reference: one page of docs/reference/ for each entry, made from the doc comments of the sources. */
import { readFileSync } from 'node:fs';
import { Converter } from 'typedoc';

/** As package.json exports them: `.` is the first. */
const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const FOLDERS = { '.': '', './election': 'lead/' };
const entries = Object.keys(exports)
  .filter((path) => path !== './package.json')
  .map((path) => ({
    page: path === '.' ? 'solotab' : path.slice(2),
    source: `src/${FOLDERS[path] ?? `${path.slice(2)}/`}index.ts`,
  }));

export default {
  plugin: ['typedoc-plugin-markdown', nameEntries],
  entryPoints: entries.map(({ source }) => source),
  entryFileName: 'index',
  out: 'docs/reference',
  outputFileStrategy: 'modules',
  readme: 'none',
  basePath: '.',
  excludeExternals: true,
  excludeInternal: true,
  disableSources: true,
  githubPages: false,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  // TypeDoc's own anchors: VitePress makes others of some headings.
  useHTMLAnchors: true,
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', '*'],
  parametersFormat: 'table',
  typeDeclarationFormat: 'table',
  expandObjects: true,
  pageTitleTemplates: {
    index: 'Reference',
    module: ({ name }) => (name === 'solotab' ? '`solotab`' : `\`solotab/${name}\``),
  },
  validation: { notExported: false },
  logLevel: 'Warn',
};

/** TypeDoc names a module by the folder of its file; readers know it by what they import. */
function nameEntries(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = entries.find(({ source }) => source === `${module.name}/index.ts`)?.page ?? module.name;
    }
  });
}
