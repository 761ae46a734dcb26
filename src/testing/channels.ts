/** BroadcastChannel: a message goes to every other open channel of its name. */
import type { Channel } from '../platform/platform';
import { clone } from './clone';
import type { Machine } from './machine';
import type { Page } from './page';

interface Receiver {
  readonly page: Page;
  /** Channels of another kind can't hear each other. */
  readonly key: string;
  readonly receive: (message: unknown) => void;
  open: boolean;
  /** When the last message of each sender arrives: the next one comes later. */
  readonly lastArrivals: Map<Receiver, number>;
}

export class ChannelHub {
  readonly #machine: Machine;
  readonly #receivers = new Set<Receiver>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  open(page: Page, scope: string, carries: Channel['carries'], receive: (message: unknown) => void): Channel {
    const receiver: Receiver = { page, key: `${carries} ${scope}`, receive, open: true, lastArrivals: new Map() };
    const close = (): void => {
      receiver.open = false;
      this.#receivers.delete(receiver);
    };
    this.#receivers.add(receiver);
    page.whenGone(close);
    return {
      carries,
      post: (message) => {
        if (!receiver.open || page.gone) return;
        for (const watcher of this.#machine.watchers) watcher.onPost?.(page, scope, message, carries);
        this.#post(receiver, message);
      },
      close,
    };
  }

  #post(sender: Receiver, message: unknown): void {
    const { faults, random } = this.#machine;
    for (const receiver of this.#receivers) {
      if (receiver === sender || receiver.key !== sender.key) continue;
      let copy: unknown;
      try {
        copy = clone(message);
      } catch {
        sender.page.log('posts what can’t be cloned');
        return;
      }
      if (random.chance(faults.loseMessages)) {
        sender.page.log(`loses a message to ${receiver.page.name}`);
        continue;
      }
      this.#send(sender, receiver, copy);
      if (random.chance(faults.duplicateMessages)) this.#send(sender, receiver, clone(copy));
    }
  }

  #send(sender: Receiver, receiver: Receiver, message: unknown): void {
    const { faults, random, scheduler } = this.#machine;
    const late = random.chance(faults.delayMessages);
    let arrival = scheduler.now + (late ? random.between(1, faults.longestDelayMs) : random.between(0.2, 1.5));
    if (!random.chance(faults.reorderMessages)) {
      arrival = Math.max(arrival, receiver.lastArrivals.get(sender) ?? 0);
      receiver.lastArrivals.set(sender, arrival);
    }
    scheduler.work(arrival - scheduler.now, () => this.#arrive(receiver, message));
  }

  #arrive(receiver: Receiver, message: unknown): void {
    const { page } = receiver;
    if (!receiver.open) return;
    if (page.life === 'cached') {
      if (!this.#machine.profile.messagesEvict) return;
      page.log('is thrown out of the cache by a message');
      page.top.life = 'gone';
      return;
    }
    page.deliver('message', () => {
      if (receiver.open) receiver.receive(message);
    });
  }
}
