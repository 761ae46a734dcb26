import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { findBrowsers } from '../../../scripts/browsers.mjs';

export async function launchBrowser(): Promise<Browser> {
  const { chromium: executablePath } = findBrowsers();
  if (!executablePath) throw new Error('There is no Chromium: see scripts/browsers.mjs.');
  // Debian's needs the flag to run as root.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Whatever goes wrong in the pages of a context: what is printed as an error or a warning, what is thrown, what can't be loaded. */
export function complaintsOf(context: BrowserContext): readonly string[] {
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
  return complaints;
}
