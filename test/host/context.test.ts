/** What a driver may hand over for all tabs. */
import { expect, test } from 'vitest';
import { createContext } from '../../src/host/context';
import { fakeLogger } from '../support/fakes';

function setUp() {
  const published: unknown[] = [];
  const emitted: string[] = [];
  const ignore = (): void => undefined;
  const context = createContext({
    ...{ signal: new AbortController().signal, epoch: 3, logger: fakeLogger(), clone: structuredClone },
    ...{
      isOver: () => false,
      isClosing: () => false,
      info: () => null,
      reconnecting: ignore,
      reconnected: ignore,
      ended: ignore,
    },
    emit: ({ type }) => void emitted.push(type),
    publish: (info) => void published.push(info),
  });
  return { context, published, emitted };
}

test('up to 256 kB can be published; more is a RangeError at the call that says what to do instead', () => {
  const { context, published } = setUp();
  context.publish('x'.repeat(128 * 1024));
  expect(() => context.publish('x'.repeat(128 * 1024 + 1))).toThrow(RangeError);
  expect(() => context.publish({ page: 'x'.repeat(1_200_000) })).toThrow('Publish an id, and load the rest by it.');
  expect(published).toHaveLength(1);
  expect(context.info).toBe(published[0]);
});

test('what can be cloned and not stored is a DataCloneError at the call, published or emitted', () => {
  const { context, published, emitted } = setUp();
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  for (const call of [() => context.publish({ module }), () => context.emit('note', [module])]) {
    expect(call).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
    expect(call).toThrow('it holds what can be sent and not stored.');
  }
  expect([published, emitted]).toEqual([[], []]);
});
