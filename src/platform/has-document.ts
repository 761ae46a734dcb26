/** Not so on a server. */
export function hasDocument(): boolean {
  return typeof document !== 'undefined';
}
