/** What the backend puts in the way of a round: requests that it holds back until they are allowed, or denies. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Act, Denial, HangUp, SessionBackend } from '../support/backend';
import type { Request } from './actions';

export class Obstacles {
  readonly #held = new Set<Request>();
  readonly #denied = new Set<Request>();

  constructor(
    readonly backend: SessionBackend,
    readonly scope: string,
  ) {}

  async hold(request: Request): Promise<void> {
    this.#held.add(request);
    this.backend.hold(this.scope, request);
  }

  async deny(request: Request): Promise<void> {
    this.#denied.add(request);
    this.backend.deny(this.scope, request, { code: 1016, message: 'denied by the test' });
  }

  async lose(how: NonNullable<Denial['gone']>): Promise<void> {
    this.#denied.add('resume');
    this.backend.deny(this.scope, 'resume', { gone: how });
  }

  /** Takes the obstacle away, and lets go of what was held. */
  async allow(request: Request): Promise<void> {
    if (this.#denied.delete(request)) this.backend.deny(this.scope, request, null);
    if (!this.#held.delete(request)) return;
    this.backend.unhold(this.scope, request);
    const isPending = (): boolean => this.#pending(request).length > 0;
    while (isPending()) {
      // What is pending may not be held, but late: then it settles by itself.
      const held = this.backend.held(this.scope, request).catch(() => null);
      const settled = this.backend.until(() => !isPending()).then(() => null);
      (await Promise.race([held, settled]))?.allow();
      await turn();
    }
  }

  async hangUp(how: HangUp): Promise<void> {
    this.backend.hangUp(this.scope, how);
  }

  async clear(): Promise<void> {
    this.backend.hangUp(this.scope, null);
    for (const request of [...this.#held, ...this.#denied]) await this.allow(request);
  }

  #pending(request: Request): readonly Act[] {
    return this.backend.acts(this.scope, request).filter(({ outcome }) => outcome === 'pending');
  }
}
