/** The demo as its visitors have it: `scripts/start.mjs` in a process and, by its port, on an origin of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { DEMO_PROTOCOL, type Role } from '../../demo/protocol';
import type { SiteView } from '../../demo/service';

const PROGRAM = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

export interface Demo {
  /** Where the pages are, without a slash at the end. */
  readonly address: string;
  /** What the session service says about a site. */
  view(site: string): Promise<SiteView>;
  /** Takes away the time that every message takes, by the lab's switch: what is on its way arrives at once. */
  hurry(site: string): Promise<void>;
  /** Somebody else, on another device, starts a session with this PIN and stays in it. Resolves with the service's answer. */
  startElsewhere(site: string, pin: string): Promise<{ readonly type: string }>;
  stop(): Promise<void>;
}

/** Starts the demo. Resolves once it has said where it is. */
export async function startDemo(): Promise<Demo> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, PORT: '0', DEMO_CACHE: `shop-${process.env.VITEST_POOL_ID}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const others = new Set<WebSocket>();
  const address = await new Promise<string>((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      const [, found] = /customer\s+(http:\S+)\/\s/.exec(printed) ?? [];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => reject(new Error(`The demo did not start:\n${printed}`)));
  });

  async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
    return (await fetch(`${address}${path}`, init)).json();
  }

  return {
    address,
    // The answers come from this demo's own server.
    view: async (site) => (await ask(`/api/site?site=${site}`)) as SiteView,
    async hurry(site) {
      await ask(`/api/conditions?site=${site}`, { method: 'PATCH', body: JSON.stringify({ latencyMs: 0 }) });
    },
    async startElsewhere(site, pin) {
      const role: Role = 'customer';
      const caller = { appKey: site, userId: 'somebody-else', userName: 'Somebody', role };
      const body = JSON.stringify(caller);
      const { token } = (await ask('/api/token', { method: 'POST', body })) as { readonly token: string };
      const socket = new WebSocket(`${address.replace('http', 'ws')}/session?site=${site}`);
      others.add(socket);
      return new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('message', (data) => resolve(JSON.parse(String(data))));
        socket.once('open', () =>
          socket.send(JSON.stringify({ type: 'start', version: DEMO_PROTOCOL, token, epoch: 1, pin })),
        );
      });
    },
    async stop() {
      for (const socket of others) socket.terminate();
      child.kill();
      await closed;
    },
  };
}
