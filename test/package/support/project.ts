/** An empty project in a temporary folder, with the packed tarball of this package installed in it as a user would. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

export interface Project {
  readonly folder: string;
  /** The files in the tarball. */
  readonly packed: readonly string[];
  /** Writes a file into the project. Returns its full path. */
  write(name: string, text: string): string;
  read(name: string): string;
  /** Runs Node in the project. Resolves with what it printed, on either stream. Rejects where it fails, or does not end by itself. */
  node(...args: readonly string[]): Promise<string>;
  remove(): void;
}

/** Needs a build in `dist`. */
export async function installTarball(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'solotab-package-'));
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: REPOSITORY });
  const [tarball] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!tarball) throw new Error('npm packed nothing.');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball.filename}`];
  await run('npm', install, { cwd: folder });

  return {
    folder,
    packed: tarball.files.map(({ path }) => path),
    write(name, text) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    async node(...args) {
      const { stdout: out, stderr } = await run(process.execPath, args, { cwd: folder, timeout: 20_000 });
      return out + stderr;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
