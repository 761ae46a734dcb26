/** The code blocks of the pages that readers copy from. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Example {
  /** `README.md:12`: the page, and the line of its first line of code. */
  readonly where: string;
  readonly page: string;
  /** As the compiler has it: the script of a component is `ts` or `js`. */
  readonly language: string;
  readonly line: number;
  /** The code; of a component, its script, on the lines on which it is. */
  readonly text: string;
  /** The name in its first line, `// support.ts`: so other examples of the page import it. */
  readonly file: string | null;
  /** Marked as one that runs as it is: ```` ```ts run ````. */
  readonly runs: boolean;
  /** The app of test/apps whose test it is, and its file there: ```` ```ts apps/jest ````. */
  readonly inApp: { readonly app: string; readonly path: string } | null;
  /** A whole component, for the compiler of its framework. */
  readonly component: { readonly framework: 'vue' | 'svelte'; readonly source: string } | null;
}

const BLOCKS = /^```(ts|tsx|js|jsx|typescript|javascript|vue|svelte)\b(.*)\n([\s\S]*?)^```/gm;
const SCRIPTS = /(<script\b([^>]*)>)([\s\S]*?)<\/script>/g;

/** README.md and every guide; what is made of the sources is not read. */
export function pages(): string[] {
  const guides = existsSync(`${ROOT}docs`) ? readdirSync(`${ROOT}docs`, { encoding: 'utf8', recursive: true }) : [];
  const written = guides.filter((path) => path.endsWith('.md') && !/^(reference|\.vitepress)\b/.test(path));
  return ['README.md', ...written.map((path) => `docs/${path}`)];
}

/** Every block of `page` in a language that a compiler reads. */
export function examplesOf(page: string): Example[] {
  return examplesIn(page, readFileSync(ROOT + page, 'utf8'));
}

export function examplesIn(page: string, markdown: string): Example[] {
  return [...markdown.matchAll(BLOCKS)].map(({ 1: name = '', 2: marks = '', 3: source = '', index }) => {
    const line = markdown.slice(0, index).split('\n').length + 1;
    const isComponent = name === 'vue' || name === 'svelte';
    const { language, text } = isComponent ? scriptOf(source) : { language: languageOf(name), text: source };
    return {
      ...{ where: `${page}:${line}`, page, language, line, text },
      file: text.match(/^\/\/ ([\w-]+\.tsx?)\n/)?.[1] ?? null,
      runs: /\brun\b/.test(marks),
      inApp: appOf(marks, text),
      component: isComponent ? { framework: name, source } : null,
    };
  });
}

function appOf(marks: string, text: string): Example['inApp'] {
  const { 1: app } = marks.match(/\bapps\/(\w+)/) ?? [];
  const { 1: path } = text.match(/^\/\/ ([\w.-]+)\n/) ?? [];
  return app && path ? { app, path } : null;
}

function languageOf(name: string): string {
  return { typescript: 'ts', javascript: 'js' }[name] ?? name;
}

/** The scripts of a component, with an empty line for every line that is none of theirs. */
function scriptOf(source: string): { readonly language: string; readonly text: string } {
  const scripts = [...source.matchAll(SCRIPTS)];
  let text = '';
  let end = 0;
  for (const { 1: opening = '', 3: code = '', index } of scripts) {
    text += source.slice(end, index + opening.length).replace(/[^\n]/g, '') + code;
    end = index + opening.length + code.length;
  }
  const isTyped = scripts.some(([, , attributes = '']) => attributes.includes('lang="ts"'));
  return { language: isTyped ? 'ts' : 'js', text };
}
