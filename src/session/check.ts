/** What comes from storage, the channel or a driver is `unknown` until one of these has looked at it. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isOneOf<Choice>(choices: readonly Choice[], value: unknown): value is Choice {
  return choices.some((choice) => choice === value);
}

/** A whole number that can still be counted up for longer than anyone will. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 52;
}

/** Whether `error` is one of the platform's, or like it: each has a name. */
export function isNamed(error: unknown, name: string): boolean {
  return isObject(error) && error.name === name;
}
