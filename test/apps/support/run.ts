import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
/** Where the lock file is, and what it installs. */
export const APPS = fileURLToPath(new URL('../', import.meta.url));
/** A copy of `projects`, made anew with each run: everything that is built is written there. */
export const BUILT = `${APPS}built`;

export interface RunOptions {
  /** Default: where the lock file is. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Rejects with all that it printed where it fails. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd = APPS, env = {} }: RunOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  // What the test runner sets for itself would make others believe that they are tested.
  const { NODE_ENV, VITEST, NODE_OPTIONS, ...inherited } = process.env;
  try {
    return await promisify(execFile)(program, args, {
      cwd,
      env: { ...inherited, ...env },
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch (error) {
    // What execFile rejects with, where the program was started at all.
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr || error}`);
  }
}

/** Runs a program of Node that is installed for the apps, by its path in node_modules. */
export function runInstalled(path: string, args: readonly string[], options?: RunOptions): ReturnType<typeof run> {
  return run(process.execPath, [`${APPS}node_modules/${path}`, ...args], options);
}
