import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Starts a program in a process group of its own. A shell kills the whole group as soon as the standard input of the child
 * is closed: by `stopGroup`, or because this process is gone, whichever way it went.
 */
export function spawnGroup(program: string, args: readonly string[]): ChildProcess {
  const script = '"$@" & read -r _; kill -9 -$$';
  return spawn('/bin/sh', ['-c', script, 'sh', program, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

/** Resolves once every process of the group is gone. */
export async function stopGroup(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin?.end();
  child.stderr?.resume();
  await closed;
}
