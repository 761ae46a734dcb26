/** Where in a page a table belongs that a command writes. */
import { readFileSync, writeFileSync } from 'node:fs';

/** `name`: which of the page's tables. */
export function replaceBetweenMarkers(path: string, text: string, name = 'bench'): void {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const page = readFileSync(path, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has lost the marks between which the table belongs: ${begin}`);
  writeFileSync(path, `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`);
}
