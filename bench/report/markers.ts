/** Where in a page a table belongs that a command writes. */
import { readFileSync, writeFileSync } from 'node:fs';

const MARKERS = { begin: '<!-- bench:begin -->', end: '<!-- bench:end -->' };

export function replaceBetweenMarkers(path: string, text: string): void {
  const page = readFileSync(path, 'utf8');
  const [from, to] = [page.indexOf(MARKERS.begin), page.indexOf(MARKERS.end)];
  if (from < 0 || to < from) throw new Error(`${path} has lost the marks between which the table belongs.`);
  writeFileSync(path, `${page.slice(0, from)}${MARKERS.begin}\n\n${text}\n\n${page.slice(to)}`);
}
