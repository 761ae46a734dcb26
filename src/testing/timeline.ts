/** What happened, for people: one line each, put into words only when someone reads them. */
export class Timeline {
  readonly #entries: { readonly at: number; readonly who: string; readonly what: () => string }[] = [];
  readonly #names = new Map<string, string>();

  add(at: number, who: string, what: string | (() => string)): void {
    this.#entries.push({ at, who, what: typeof what === 'string' ? () => what : what });
  }

  /** Shows `name` wherever the random `id` occurs. */
  name(id: string, name: string): void {
    this.#names.set(id, name);
  }

  toString(): string {
    const width = Math.max(0, ...this.#entries.map(({ who }) => who.length));
    const lines = this.#entries.map(
      ({ at, who, what }) => `${at.toFixed(2).padStart(12)}  ${who.padEnd(width)}  ${what()}`,
    );
    return lines.join('\n').replace(/\b[0-9a-f]{32}\b/g, (id) => this.#names.get(id) ?? id);
  }
}
