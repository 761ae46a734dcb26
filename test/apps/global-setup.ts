/** Installs what the apps are built with, as their lock file says, and the packed library beside it, as a stranger would. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPS, BUILT, REPOSITORY, run } from './support/run';

/** Nothing that a package would like to run or to download while it is installed is needed here. */
const QUIETLY = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];

export default async function installApps(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'solotab-apps-'));
  try {
    const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: REPOSITORY });
    const tarball = join(folder, packed.stdout.trim().split('\n').at(-1) ?? '');
    // While working on these tests: what was installed last time will do.
    if (!process.env.SOLOTAB_APPS_INSTALLED) await run('npm', ['ci', ...QUIETLY]);
    await run('npm', ['install', '--no-save', '--no-package-lock', ...QUIETLY, tarball]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  rmSync(BUILT, { recursive: true, force: true });
  mkdirSync(BUILT);
  // So that what is built here is of no package, and is read as CommonJS unless it says otherwise.
  writeFileSync(join(BUILT, 'package.json'), '{}');
  // Some bundlers look for the paths of a tsconfig.json in all folders above, and would find our sources instead of the package.
  writeFileSync(join(BUILT, 'tsconfig.json'), '{}');
  cpSync(join(APPS, 'projects'), BUILT, { recursive: true });
}
