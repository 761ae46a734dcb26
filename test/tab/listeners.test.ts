import { expect, test } from 'vitest';
import { createListeners } from '../../src/tab/listeners';

function setUp() {
  const thrown: unknown[] = [];
  const listeners = createListeners((error, type) => thrown.push([type, error]));
  const heard: string[] = [];
  return {
    listeners,
    thrown,
    heard,
    hear: (name: string) => (event: unknown) => void heard.push(`${name} ${String(event)}`),
  };
}

test('every listener of a type hears, in the order in which they came, and none of another type', () => {
  const { listeners, heard, hear } = setUp();
  listeners.add('note', hear('first'));
  listeners.add('other', hear('other'));
  listeners.add('note', hear('second'));
  listeners.emit('note', 1);
  expect(heard).toEqual(['first 1', 'second 1']);
});

test('one that throws is reported with the type, and the others hear all the same', () => {
  const { listeners, heard, hear, thrown } = setUp();
  const error = new Error('boo');
  listeners.add('note', () => {
    throw error;
  });
  listeners.add('note', hear('next'));
  listeners.emit('note', 1);
  expect(heard).toEqual(['next 1']);
  expect(thrown).toEqual([['note', error]]);
});

test('one that removes itself has heard this one, and the others are not skipped', () => {
  const { listeners, heard, hear } = setUp();
  const remove = listeners.add('note', (event) => {
    remove();
    hear('once')(event);
  });
  listeners.add('note', hear('next'));
  listeners.emit('note', 1);
  listeners.emit('note', 2);
  expect(heard).toEqual(['once 1', 'next 1', 'next 2']);
});

test('one that another removes meanwhile does not hear any more', () => {
  const { listeners, heard, hear } = setUp();
  listeners.add('note', () => remove());
  const remove = listeners.add('note', hear('removed'));
  listeners.add('note', hear('next'));
  listeners.emit('note', 1);
  expect(heard).toEqual(['next 1']);
});

test('one that comes meanwhile hears the next event', () => {
  const { listeners, heard, hear } = setUp();
  const remove = listeners.add('note', () => {
    remove();
    listeners.add('note', hear('late'));
  });
  listeners.emit('note', 1);
  expect(heard).toEqual([]);
  listeners.emit('note', 2);
  expect(heard).toEqual(['late 2']);
});

test('all are gone at once when a listener clears them', () => {
  const { listeners, heard, hear } = setUp();
  listeners.add('note', () => listeners.clear());
  listeners.add('note', hear('next'));
  listeners.emit('note', 1);
  expect(heard).toEqual([]);
});

test('the same function twice is two listeners: removing one leaves the other', () => {
  const { listeners, heard, hear } = setUp();
  const listener = hear('twin');
  const remove = listeners.add('note', listener);
  listeners.add('note', listener);
  remove();
  remove();
  listeners.emit('note', 1);
  expect(heard).toEqual(['twin 1']);
});

test('an event within an event is heard by all, after the one that it came of', () => {
  const { listeners, heard, hear } = setUp();
  listeners.add('note', (event) => {
    if (event === 1) listeners.emit('note', 2);
  });
  listeners.add('note', hear('all'));
  listeners.emit('note', 1);
  expect(heard).toEqual(['all 1', 'all 2']);
});

test('a signal removes its listener, and a listener that is removed lets go of the signal', () => {
  const { listeners, heard, hear } = setUp();
  const control = new AbortController();
  let attached = 0;
  const { signal } = control;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    attached += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    attached -= 1;
    remove(...args);
  };
  listeners.add('note', hear('a'), signal);
  listeners.add('note', hear('b'), signal)();
  expect(attached).toBe(1);
  listeners.emit('note', 1);
  control.abort();
  listeners.emit('note', 2);
  expect(heard).toEqual(['a 1']);
  expect(attached).toBe(0);
});

test('a signal that is aborted already adds nothing', () => {
  const { listeners, heard, hear } = setUp();
  listeners.add('note', hear('never'), AbortSignal.abort());
  listeners.emit('note', 1);
  expect(heard).toEqual([]);
});

test('an event that nobody listens to is fine', () => {
  const { listeners, thrown } = setUp();
  listeners.emit('note', 1);
  expect(thrown).toEqual([]);
});

test('a logger that throws harms no other listener', () => {
  const heard: unknown[] = [];
  const listeners = createListeners(() => {
    throw new Error('no console');
  });
  listeners.add('note', () => {
    throw new Error('of a listener');
  });
  listeners.add('note', (event) => heard.push(event));
  listeners.emit('note', 1);
  listeners.emit('note', 2);
  expect(heard).toEqual([1, 2]);
});

test('on a server nothing but a refusal is ever told, so no other listener is kept', () => {
  const listeners = createListeners(() => undefined, true);
  const heard: string[] = [];
  for (const type of ['statechange', 'session_error']) {
    listeners.add(type, () => heard.push(type));
    listeners.emit(type, undefined);
  }
  expect(heard).toEqual(['session_error']);
});
