/** What an app handed in that can't be meant, in words that say what to write instead. Shared by all that take options. */

/** Throws a `TypeError` where something is not right: at the call, and not later. */
export function check(isRight: boolean, message: string): void {
  if (!isRight) throw new TypeError(`solotab: ${message}`);
}

/** Checks that `owner` has the functions `required`, and that each of `optional` is a function or left out. */
export function checkMethods(
  name: string,
  owner: unknown,
  required: readonly string[],
  optional: readonly string[],
): void {
  for (const method of [...required, ...optional]) {
    const given: unknown = Object(owner)[method];
    const isLeftOut = given === undefined && optional.includes(method);
    check(isLeftOut || typeof given === 'function', `${name}.${method} must be a function.`);
  }
}

/** Checks that `driver` has the functions of a driver. */
export function checkDriver(driver: unknown): void {
  checkMethods('driver', driver, ['start', 'end'], ['prepare', 'join', 'resume', 'release']);
}

/** One warning for each member of `given` that is not among `known`: it would be ignored without a word otherwise. */
export function warnOfUnknown(
  name: string,
  given: object,
  known: readonly string[],
  logger: { warn(message: string): void },
): void {
  for (const option of Object.keys(given)) {
    if (!known.includes(option)) logger.warn(`solotab: ${name} has no option '${option}', only ${known.join(', ')}.`);
  }
}
