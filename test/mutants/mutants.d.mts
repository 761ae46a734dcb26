export interface Mutant {
  readonly name: string;
  readonly breaks: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly string[];
}

export const MUTANTS: readonly Mutant[];

export function occurrences(text: string, find: string): number;
