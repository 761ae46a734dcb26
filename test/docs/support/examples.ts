/** The code blocks of the pages that readers copy from. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Example {
  /** `README.md:12`: the page, and the line of its first line of code. */
  readonly where: string;
  readonly language: string;
  readonly line: number;
  readonly text: string;
}

/** README.md and every guide. */
export function pages(): string[] {
  const guides = existsSync(`${ROOT}docs`) ? readdirSync(`${ROOT}docs`, { encoding: 'utf8', recursive: true }) : [];
  return ['README.md', ...guides.filter((path) => path.endsWith('.md')).map((path) => `docs/${path}`)];
}

/** Every block of `page` in a language that the compiler reads. */
export function examplesOf(page: string): Example[] {
  return examplesIn(page, readFileSync(ROOT + page, 'utf8'));
}

export function examplesIn(page: string, markdown: string): Example[] {
  const blocks = markdown.matchAll(/^```(ts|tsx|js|jsx|typescript|javascript)\b.*\n([\s\S]*?)^```/gm);
  return [...blocks].map(({ 0: block, 1: name = '', 2: text = '', index }) => {
    const firstLine = block.slice(0, block.indexOf('\n') + 1);
    const line = `${markdown.slice(0, index)}${firstLine}`.split('\n').length;
    const language = { typescript: 'ts', javascript: 'js' }[name] ?? name;
    return { where: `${page}:${line}`, language, line, text };
  });
}
