import { type Coordinator, createCoordinator, type DriverContext, type RecoveryPolicy } from '../../src/index';
import { INPUT, type Mark, type Subject } from './subject';

interface BenchShape {
  session: string;
  events: { mark: Mark };
  commands: { measure(input: typeof INPUT): number };
}

export class Ours implements Subject {
  readonly #by: RecoveryPolicy;
  readonly #untilActive: boolean;
  #coordinator: Coordinator<BenchShape> | undefined;
  #context: DriverContext<BenchShape> | undefined;
  #lead: (at: number) => void = () => {};
  /** Set by the driver's first call, and awaited by whoever waits for it. */
  #leading: Promise<number> = Promise.resolve(0);

  /** `untilActive`: a claim among many is over when its session is written down as active, and not yet when its driver runs. */
  constructor(by: RecoveryPolicy, untilActive = false) {
    this.#by = by;
    this.#untilActive = untilActive;
  }

  async open(scope: string): Promise<void> {
    this.#expect();
    const connect = (_: unknown, context: DriverContext<BenchShape>): string => {
      this.#context = context;
      this.#lead(performance.now());
      return 'a session';
    };
    const commands = { measure: (_: string, { text }: typeof INPUT): number => text.length };
    const driver = { start: connect, join: connect, resume: connect, end: () => {}, commands };
    this.#coordinator = createCoordinator<BenchShape>({ name: scope, driver, recovery: { by: this.#by } });
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

  async call(): Promise<void> {
    const length = await this.#coordinator?.call('measure', INPUT);
    if (length !== INPUT.text.length) throw new Error(`Not the result: ${length}`);
  }

  compete(): Promise<unknown> {
    this.#expect();
    const settled = this.#coordinator?.start().catch(() => {});
    return this.#untilActive ? Promise.resolve(settled) : Promise.race([this.#leading, settled]);
  }

  mark(mark: Mark): void {
    this.#context?.emit('mark', mark);
  }

  onMark(listener: (mark: Mark) => void): void {
    this.#coordinator?.on('mark', ({ payload }) => listener(payload));
  }

  #expect(): void {
    this.#leading = new Promise((resolve) => {
      this.#lead = resolve;
    });
  }
}
