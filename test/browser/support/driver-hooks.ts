import type { DriverHook, DriverHooks } from './page-api';

/**
 * An init script that puts `hooks` in the place of the driver's methods, on every load of the page. They run in the page:
 * nothing that surrounds them here exists there. Each must be an arrow function, whose source is an expression.
 */
export function driverHooks(hooks: DriverHooks): string {
  const entries = Object.entries<DriverHook>(hooks).map(([type, hook]) => `${type}: ${hook}`);
  return `window.driverHooks = { ${entries.join(', ')} };`;
}
