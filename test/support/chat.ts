/** Tabs whose driver has commands, and what they did. */
import type { Driver } from 'solotab';
import { deferred, openWorld } from './world';

export interface Chat {
  session: { id: number };
  commands: {
    send(text: string): { length: number };
    fail(how: string): void;
    slow(): string;
    give(what: string): unknown;
    keep(input: object): object;
    who(): { tabId: string; epoch: number };
  };
}

/** A follower's driver is never asked. */
export const NONE = {} as Required<Driver<Chat>>['commands'];

/** Tabs with a session in the first, whose driver keeps a list of what it ran. */
export async function openChat(options: Parameters<typeof openWorld<Chat>>[0] = {}) {
  const ran: string[] = [];
  const slow = deferred<string>();
  const aborted: unknown[] = [];
  const kept: unknown[] = [];
  const driver: Driver<Chat> & Required<Pick<Driver<Chat>, 'commands'>> = {
    start: () => ({ id: 1 }),
    resume: () => ({ id: 2 }),
    release: () => undefined,
    end: () => undefined,
    commands: {
      send(session, text) {
        ran.push(`${session.id} ${text}`);
        return { length: text.length };
      },
      fail(_session, how) {
        ran.push(how);
        if (how === 'with nothing') throw undefined;
        throw Object.assign(new Error('The line is busy.'), {
          code: 486,
          data: how === 'with data' ? { line: 2 } : () => 1,
        });
      },
      slow(_session, _input, { signal }) {
        ran.push('slow');
        signal.addEventListener('abort', () => aborted.push(signal.reason));
        return slow.promise;
      },
      keep(_session, input) {
        kept.push(input);
        return input;
      },
      give: (_session, what) => (what === 'a function' ? () => 1 : 'x'.repeat(Number(what))),
      who: (_session, _input, { tabId, epoch }) => ({ tabId, epoch }),
    },
  };
  const opened = await openWorld<Chat>({ ...options, driver });
  await opened.world.settle();
  return { ...opened, ran, slow, aborted, kept };
}

/** The same, and the session is active. */
export async function openActive(options: Parameters<typeof openChat>[0] = {}) {
  const chat = await openChat(options);
  await chat.a.coordinator.start();
  await chat.world.settle();
  return chat;
}
