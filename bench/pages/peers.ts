/** The peers, each used as its own documentation shows. */
import { createLeaderElection, type LeaderElector, BroadcastChannel as PackageChannel } from 'broadcast-channel';
import TabsLock from 'browser-tabs-lock';
import { Tab } from 'tab-election';
import { INPUT, PAYLOAD, type Subject } from './subject';

/** With Web Locks where the page has them, by messages and timers elsewhere. */
export class BroadcastChannelElection implements Subject {
  #scope = '';
  #channel: PackageChannel<unknown> | undefined;
  #elector: LeaderElector | undefined;

  async open(scope: string): Promise<void> {
    this.#scope = scope;
    this.#channel = new PackageChannel(scope, { type: 'native' });
    this.#elector = createLeaderElection(this.#channel);
  }

  async claim(): Promise<number> {
    await this.#elector?.awaitLeadership();
    return performance.now();
  }

  /** An elector leads once: the next claim needs another. */
  async release(): Promise<void> {
    await this.#elector?.die();
    await this.#channel?.close();
    await this.open(this.#scope);
  }

  async refused(): Promise<void> {
    await this.#elector?.hasLeader();
  }

  wait(): Promise<number> {
    return this.claim();
  }

  send(): void {
    void this.#channel?.postMessage(PAYLOAD);
  }

  listen(listener: () => void): void {
    if (this.#channel) this.#channel.onmessage = listener;
  }
}

export class TabElection implements Subject {
  #tab: Tab | undefined;

  async open(scope: string): Promise<void> {
    this.#tab = new Tab(scope);
    await this.#tab.hasLeader();
  }

  claim(): Promise<number> {
    return new Promise((resolve) => {
      void this.#tab?.waitForLeadership(() => {
        resolve(performance.now());
        return { measure: ({ text }: typeof INPUT) => text.length };
      });
    });
  }

  async release(): Promise<void> {
    this.#tab?.relinquishLeadership();
    // It lets go of its lock in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async refused(): Promise<void> {
    await this.#tab?.hasLeader();
  }

  wait(): Promise<number> {
    return this.claim();
  }

  send(): void {
    this.#tab?.send(PAYLOAD);
  }

  listen(listener: () => void): void {
    this.#tab?.addEventListener('message', () => listener());
  }

  async call(): Promise<void> {
    const length = await this.#tab?.call('measure', INPUT);
    if (length !== INPUT.text.length) throw new Error(`Not the result: ${length}`);
  }
}

/** A CommonJS module: what Node's rules call its default export is the module, which has the class. */
const Lock = (TabsLock as unknown as { readonly default: typeof TabsLock }).default;

export class BrowserTabsLock implements Subject {
  readonly #lock = new Lock();
  #scope = '';

  async open(scope: string): Promise<void> {
    this.#scope = scope;
  }

  async claim(): Promise<number> {
    await this.#lock.acquireLock(this.#scope, 60_000);
    return performance.now();
  }

  async release(): Promise<void> {
    await this.#lock.releaseLock(this.#scope);
  }

  async refused(): Promise<void> {
    // The shortest wait that still looks once.
    await this.#lock.acquireLock(this.#scope, 1);
  }

  wait(): Promise<number> {
    return this.claim();
  }
}
