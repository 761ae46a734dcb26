/** A driver's context of one call, by hand: notes what the driver says. */
import type { DriverContext } from '../../src/driver';

export interface FakeCall {
  readonly context: DriverContext;
  /** What reached the coordinator, in order: `[method, ...arguments]`. */
  readonly said: readonly (readonly unknown[])[];
  abort(): void;
  setInfo(info: unknown): void;
}

export function createFakeCall(): FakeCall {
  const controller = new AbortController();
  const said: unknown[][] = [];
  let info: unknown = null;
  const note =
    (method: string) =>
    (...values: unknown[]): void => {
      said.push([method, ...values.filter((value) => value !== undefined)]);
    };
  return {
    said,
    abort: () => controller.abort(),
    setInfo: (value) => {
      info = value;
    },
    context: {
      signal: controller.signal,
      epoch: 7,
      get info() {
        return info;
      },
      publish: note('publish'),
      emit: note('emit'),
      error: note('error'),
      reconnecting: note('reconnecting'),
      reconnected: note('reconnected'),
      ended: note('ended'),
    },
  };
}
