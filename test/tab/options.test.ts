/** Nothing that an app hands in is ignored without a word. */
import type { CoordinatorOptions } from 'solotab';
import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../src/tab/options';

const driver = { start: () => 1, end: () => undefined };
const resumable = { ...driver, resume: () => 1 };

/** What is warned of. As from an app without types: whatever may be handed in. */
function warningsOf(options: object): string[] {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message), error: () => undefined };
  checkOptions({ name: 'x', driver, ...options } as CoordinatorOptions, logger);
  return warnings;
}

test('options that are as they should be are no reason for a warning', () => {
  expect(warningsOf({})).toEqual([]);
  const recovery = { by: 'any-tab', windowMs: 5, attempts: 1 };
  const given = {
    connectTimeoutMs: 5,
    whenUnsafe: 'refuse',
    describe: () => undefined,
    follow: 'focus',
    canHost: () => true,
  };
  expect(warningsOf({ driver: resumable, recovery, ...given })).toEqual([]);
});

test('an option that there is not is one warning, which names those that there are', () => {
  expect(warningsOf({ recoverry: { by: 'any-tab' } })).toEqual([
    "solotab: createCoordinator has no option 'recoverry', only name, driver, recovery, connectTimeoutMs, whenUnsafe, canHost, follow, describe, logger.",
  ]);
});

test('so is each member of recovery that there is not', () => {
  expect(warningsOf({ recovery: { window: 5, tries: 1 } })).toEqual([
    "solotab: recovery has no option 'window', only by, windowMs, attempts.",
    "solotab: recovery has no option 'tries', only by, windowMs, attempts.",
  ]);
});

test('warnings go to the logger of the options, if there is one', () => {
  const heard: string[] = [];
  const logger = { warn: (message: string) => void heard.push(message), error: () => undefined };
  expect(warningsOf({ logger, tiemout: 1 })).toEqual([]);
  expect(heard).toEqual([expect.stringContaining('tiemout')]);
});

describe('a recovery that was asked for, and that no driver can do,', () => {
  test.each(['same-tab', 'any-tab', 'manual'])('is one warning that says what is missing: %s', (by) => {
    expect(warningsOf({ recovery: { by } })).toEqual([
      `solotab: recovery.by '${by}' needs a driver.resume: without it a lost session is over.`,
    ]);
    expect(warningsOf({ recovery: { by }, driver: resumable })).toEqual([]);
  });

  test('is none where nobody asked for it', () => {
    expect(warningsOf({ recovery: { by: 'none' } })).toEqual([]);
    expect(warningsOf({ recovery: { windowMs: 5 } })).toEqual([]);
  });
});

test.each(['any-tab', 'none'])(
  'a recovery that is the text %s is a TypeError that says how to write it',
  (recovery) => {
    const shown = `recovery must be { by: '${recovery}' }`;
    expect(() => warningsOf({ recovery })).toThrow(TypeError);
    expect(() => warningsOf({ recovery })).toThrow(shown);
  },
);
