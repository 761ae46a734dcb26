/** Where each browser is, or `null`. */
export interface Browsers {
  readonly chromium: string | null;
  readonly firefox: string | null;
  readonly webkit: { readonly driver: string; readonly browser: string; readonly xvfbRun: string } | null;
}

export function findBrowsers(): Browsers;
