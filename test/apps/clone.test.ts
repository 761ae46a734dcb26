/** Whoever installs from a commit gets a build: it can be packed from what is committed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, run } from './support/run';

test('what is committed packs with its build, in a clone that was never built', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'solotab-clone-'));
  try {
    const clone = join(folder, 'clone');
    await run('git', ['clone', '--quiet', REPOSITORY, clone], { cwd: folder });
    symlinkSync(join(REPOSITORY, 'node_modules'), join(clone, 'node_modules'));
    expect(existsSync(join(clone, 'dist'))).toBe(false);
    await run('npm', ['pack', '--pack-destination', folder], { cwd: clone });
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const { stdout } = await run('tar', ['-tzf', join(folder, tarball)], { cwd: folder });
    const targets = readFileSync(join(clone, 'package.json'), 'utf8').match(/dist\/[^"]+/g) ?? [];
    expect(targets).toContain('dist/index.d.cts');
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(targets.map((path) => `package/${path}`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
