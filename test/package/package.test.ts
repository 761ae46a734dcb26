/** The package as its users get it: packed, installed in an empty project, imported in every way that there is. */
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import ts from 'typescript';
import { build as buildWithVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, launchChromium } from '../browser/support/chromium';
import {
  appCommonJs,
  appModule,
  appScript,
  type PageScript,
  page,
  RESULT,
  WITHOUT_BROADCAST_CHANNEL,
} from './support/app';
import { type FileServer, serveFolder } from './support/file-server';
import { installTarball, type Project } from './support/project';

const { ModuleKind, ModuleResolutionKind } = ts;
const ENTRIES = ['solotab', 'solotab/zoom', 'solotab/testing', 'solotab/election', 'solotab/devtools'];

let project: Project;

beforeAll(async () => {
  project = await installTarball();
});

afterAll(() => project?.remove());

test('the tarball holds the build, the manifest, the license and nothing else', () => {
  const others = project.packed.filter((path) => !path.startsWith('dist/'));
  expect(others.filter((path) => !['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].includes(path))).toEqual([]);
  expect(others).toContain('LICENSE');
  expect(project.packed).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.cjs', 'dist/index.d.ts']));
});

describe('in Node, as in server rendering', () => {
  /** Imports everything, then says what that did. */
  const check = (imports: string): string => `
    const before = new Set(Object.getOwnPropertyNames(globalThis));
    const resources = process.getActiveResourcesInfo().sort().join();
    ${imports}
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
    if (added.length > 0) throw new Error('Globals were added: ' + added);
    if (process.getActiveResourcesInfo().sort().join() !== resources) throw new Error('Something runs.');
    if (typeof solotab.createCoordinator !== 'function') throw new Error('Nothing was exported.');
    const driver = { start() {}, join() {}, end() {} };
    const coordinator = solotab.createCoordinator({ name: 'app', driver });
    if (coordinator.getSnapshot().phase !== 'idle') throw new Error('It is not idle.');`;

  test('importing the package as ES modules does nothing, and a coordinator is idle and keeps no process alive', async () => {
    const imports = `const [solotab] = await Promise.all(${JSON.stringify(ENTRIES)}.map((entry) => import(entry)));`;
    expect(await project.node(project.write('ssr.mjs', check(imports)))).toBe('');
  });

  test('importing the package as CommonJS does nothing, and a coordinator is idle and keeps no process alive', async () => {
    const imports = `const [solotab] = ${JSON.stringify(ENTRIES)}.map((entry) => require(entry));`;
    expect(await project.node(project.write('ssr.cjs', check(imports)))).toBe('');
  });

  /** Everything that is asked for while the package is loaded, without its own files. */
  const loadedWith = async (name: string, load: string): Promise<readonly string[]> => {
    const script = `${load}
      console.log(JSON.stringify(asked.filter((specifier) => !/^\\.|^solotab/.test(specifier))));`;
    return JSON.parse(await project.node(project.write(name, script)));
  };

  test('importing the package as ES modules loads nothing of Node and no channel', async () => {
    const hooks = `
      let port;
      export const initialize = (data) => { port = data; };
      export const resolve = (specifier, context, next) => { port.postMessage(specifier); return next(specifier, context); };`;
    const load = `
      import { register } from 'node:module';
      import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
      const { port1, port2 } = new MessageChannel();
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)}, { data: port2, transferList: [port2] });
      await Promise.all(${JSON.stringify(ENTRIES)}.map((entry) => import(entry)));
      const asked = [];
      for (let next; (next = receiveMessageOnPort(port1)); ) asked.push(next.message);
      port1.close();`;
    expect(await loadedWith('loaded.mjs', load)).toEqual(['idb-keyval']);
  });

  test('importing the package as CommonJS loads nothing of Node and no channel', async () => {
    const load = `
      const Module = require('node:module');
      const { _load } = Module;
      const asked = [];
      Module._load = (specifier, ...rest) => { asked.push(specifier); return _load(specifier, ...rest); };
      for (const entry of ${JSON.stringify(ENTRIES)}) require(entry);`;
    expect(await loadedWith('loaded.cjs', load)).toEqual(['idb-keyval']);
  });
});

describe('in a real browser', () => {
  let browser: ChromiumBrowser;
  let server: FileServer;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchChromium(), serveFolder(project.folder)]);
  });

  afterAll(async () => {
    server?.close();
    await browser?.close();
  });

  /** What the app in a page with these scripts leaves. */
  const resultOf = async (name: string, ...scripts: readonly PageScript[]): Promise<string> => {
    project.write(name, page(...scripts));
    const tab = await browser.engine.open(`${server.origin}/${name}`);
    const result = await tab.evaluate('window.result');
    await tab.close();
    return result;
  };

  describe.each<[string, PageScript]>([
    ['a current browser', { type: 'text/javascript', text: '' }],
    ['a browser without a channel of its own', WITHOUT_BROADCAST_CHANNEL],
  ])('%s', (_, before) => {
    test('an app bundled by esbuild from ES modules works', async () => {
      bundle('esbuild.js', project.write('esbuild-app.js', appModule('solotab')));
      expect(await resultOf('esbuild.html', before, { type: 'module', src: '/esbuild.js' })).toBe(RESULT);
    });

    test('an app bundled by esbuild into chunks works', async () => {
      buildSync({
        entryPoints: [project.write('chunks-app.js', appModule('solotab'))],
        absWorkingDir: project.folder,
        bundle: true,
        splitting: true,
        outdir: 'chunks',
        format: 'esm',
        logLevel: 'error',
      });
      expect(await resultOf('chunks.html', before, { type: 'module', src: '/chunks/chunks-app.js' })).toBe(RESULT);
    });

    test('an app bundled by esbuild from CommonJS works', async () => {
      bundle('commonjs.js', project.write('commonjs-app.cjs', appCommonJs()));
      expect(await resultOf('commonjs.html', before, { type: 'module', src: '/commonjs.js' })).toBe(RESULT);
    });

    test('an app bundled by Vite works', async () => {
      await buildWithVite({
        root: project.folder,
        configFile: false,
        logLevel: 'error',
        base: '/vite/',
        build: {
          outDir: 'vite',
          rollupOptions: {
            input: project.write('vite-app.js', appModule('solotab')),
            output: { entryFileNames: '[name].js' },
          },
        },
      });
      expect(await resultOf('vite.html', before, { type: 'module', src: '/vite/vite-app.js' })).toBe(RESULT);
    });

    test('a plain module script works with the one file that needs no bundler', async () => {
      const name = 'solotab.min.mjs';
      project.write(`alone/${name}`, project.read(`node_modules/solotab/dist/${name}`));
      expect(await resultOf('module.html', before, { type: 'module', text: appModule(`/alone/${name}`) })).toBe(RESULT);
    });

    test('a plain script works with window.solotab', async () => {
      const name = 'solotab.min.js';
      project.write(`alone/${name}`, project.read(`node_modules/solotab/dist/${name}`));
      const library: PageScript = { type: 'text/javascript', src: `/alone/${name}` };
      expect(await resultOf('script.html', before, library, { type: 'text/javascript', text: appScript() })).toBe(
        RESULT,
      );
    });
  });
});

describe('types', () => {
  const USE = `
    import { createCoordinator, SESSION_ERRORS, SessionError, type SessionSnapshot } from 'solotab';
    import { coordinateZoomSession } from 'solotab/zoom';
    import { createSimulatedBrowser } from 'solotab/testing';
    const driver = { start: (request: { token: string }) => request.token.length, join: () => 2, end() {} };
    const coordinator = createCoordinator({ name: 'app', driver });
    export const session: Promise<number> = coordinator.start({ token: 'abc' });
    export const snapshot: SessionSnapshot = coordinator.getSnapshot();
    export const name: 'SESSION_CONNECTING_IN_PROGRESS' | string = SESSION_ERRORS[1002].exception;
    export const code: number = SessionError.from(null, 1001).code;
    export const others = [coordinateZoomSession, createSimulatedBrowser];
    // @ts-expect-error: a name is required
    createCoordinator({ driver });
    // @ts-expect-error: there is no such code
    SESSION_ERRORS[1003];`;

  test.each([
    ['bundler', 'use.ts', ModuleKind.ESNext, ModuleResolutionKind.Bundler],
    ['node16, from an ES module', 'use.mts', ModuleKind.Node16, ModuleResolutionKind.Node16],
    ['node16, from CommonJS', 'use.cts', ModuleKind.Node16, ModuleResolutionKind.Node16],
    ['nodenext, from an ES module', 'use.mts', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
    ['nodenext, from CommonJS', 'use.cts', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
  ])('are right under moduleResolution %s', (_, name, module, moduleResolution) => {
    const options: ts.CompilerOptions = {
      ...{ module, moduleResolution, strict: true, noEmit: true, types: [] },
      ...{ target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'] },
    };
    const program = ts.createProgram([project.write(name, USE)], options);
    const problems = ts.getPreEmitDiagnostics(program);
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });
});

describe('declarations', () => {
  test.each([
    ['every library is checked, and the app knows of no `using`', { lib: ['lib.es2020.d.ts', 'lib.dom.d.ts'] }],
    [
      'every library is checked, and the app has `using`',
      { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'] },
    ],
  ])('hold where %s', (_, { lib }) => {
    const app = `import { createCoordinator } from 'solotab';
      import { coordinateZoomSession } from 'solotab/zoom';
      import { createSimulatedBrowser } from 'solotab/testing';
      const coordinator = createCoordinator<{ start: { topic: string } }>({ name: 'x', driver: { start: () => 1, end() {} } });
      export const closed: Promise<void> = coordinator.close();
      export const others = [coordinateZoomSession, createSimulatedBrowser];
      // @ts-expect-error: a topic is required
      coordinator.start();`;
    const program = ts.createProgram([project.write('declarations.ts', app)], {
      ...{ module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2020 },
      ...{ strict: true, noEmit: true, types: [], skipLibCheck: false, lib },
    });
    const problems = ts.getPreEmitDiagnostics(program);
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });
});

describe('tree-shaking', () => {
  test('an app that imports SessionError alone pays for it and its catalogue alone', () => {
    const text = bundle('shaken.js', project.write('shaken-app.js', "export { SessionError } from 'solotab';"));
    expect(text).not.toMatch(/indexedDB|navigator\.locks|BroadcastChannel/);
    expect(gzipSync(text).length).toBeLessThan(2_000);
  });

  test('an import that is not used costs nothing', () => {
    const imports = ENTRIES.map((entry) => `import '${entry}';`).join('\n');
    expect(bundle('unused.js', project.write('unused-app.js', imports)).trim()).toBe('');
  });
});

/** Bundles and minifies an app with esbuild. Returns the text, which is written to `name` in the project too. */
function bundle(name: string, entry: string): string {
  const result = buildSync({
    entryPoints: [entry],
    absWorkingDir: project.folder,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
  });
  const text = result.outputFiles[0]?.text ?? '';
  project.write(name, text);
  return text;
}
