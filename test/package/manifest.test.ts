/** What the package says of itself. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<'import' | 'require', { types: string }>>>>;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}
// As package.json is written.
const manifest = JSON.parse(read('package.json')) as Manifest;

test('each subpath has its types where TypeScript does not read `exports`, and they are those of an import', () => {
  const ofImports = Object.entries(manifest.exports).flatMap(([path, target]) =>
    path === '.' || typeof target === 'string' ? [] : [[path.slice(2), [target.import.types]]],
  );
  expect(manifest.typesVersions).toEqual({ '*': Object.fromEntries(ofImports) });
});

test('the placeholder for the repository is in package.json alone, and named where contributors look', async () => {
  // Not with git: a bare machine that was given the files may have none.
  const made = ['node_modules', 'dist', '.git', 'reference', 'cache'].map((folder) => `--exclude-dir=${folder}`);
  const { stdout } = await run('grep', ['-rlI', ...made, `OWNER${'/'}solotab`, '.'], { cwd: ROOT });
  expect(stdout.trim().split('\n').sort()).toEqual(['./CONTRIBUTING.md', './package.json']);
});

test('every link in README goes to a heading, to a file of the repository, or to the web', () => {
  const readme = read('README.md');
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(
    ([, text = '']) =>
      `#${text
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-')}`,
  );
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(3);
  const broken = links.filter((link) => {
    if (link.startsWith('https://')) return false;
    return link.startsWith('#') ? !headings.includes(link) : !existsSync(ROOT + link.replace(/[?#].*/, ''));
  });
  expect(broken).toEqual([]);
});
