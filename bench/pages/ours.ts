import { type Coordinator, createCoordinator, type DriverContext, type RecoveryPolicy } from '../../src/index';
import type { Subject } from './subject';

export class Ours implements Subject {
  readonly #by: RecoveryPolicy;
  #coordinator: Coordinator | undefined;
  #context: DriverContext | undefined;
  #lead: (at: number) => void = () => {};
  /** Set by the driver's first call, and awaited by whoever waits for it. */
  #leading: Promise<number> = Promise.resolve(0);

  constructor(by: RecoveryPolicy) {
    this.#by = by;
  }

  async open(scope: string): Promise<void> {
    this.#expect();
    const connect = (_: unknown, context: DriverContext): string => {
      this.#context = context;
      this.#lead(performance.now());
      return 'a session';
    };
    const driver = { start: connect, join: connect, resume: connect, end: () => {} };
    this.#coordinator = createCoordinator({ name: scope, driver, recovery: { by: this.#by } });
    await this.#coordinator.ready;
  }

  claim(): Promise<number> {
    this.#expect();
    void this.#coordinator?.start().catch(() => {});
    return this.#leading;
  }

  async release(): Promise<void> {
    await this.#coordinator?.end();
  }

  async refused(): Promise<void> {
    const error = await this.#coordinator?.start().then(
      () => null,
      (reason) => reason,
    );
    if (error?.code !== 1004) throw new Error(`This should have been refused with 1004: ${error}`);
  }

  wait(): Promise<number> {
    return this.#leading;
  }

  async seize(): Promise<void> {
    await this.#coordinator?.takeOver({ force: true });
  }

  send(): void {
    this.#context?.error({ code: 1016, exception: 'NETWORK_ERROR' });
  }

  listen(listener: () => void): void {
    this.#coordinator?.on('session_error', ({ local }) => local || listener());
  }

  /** Resolves once the attempt is answered, either way. */
  async answered(): Promise<void> {
    await this.#coordinator?.start().catch(() => {});
  }

  #expect(): void {
    this.#leading = new Promise((resolve) => {
      this.#lead = resolve;
    });
  }
}
