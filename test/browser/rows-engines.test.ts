/** Where exclusion holds in Firefox and WebKitGTK. Chromium: `rows.test.ts`. */
import { runRows } from './scenarios/rows';
import { launchFirefox } from './support/firefox';
import { launchWebKit } from './support/webkit';

runRows('Firefox', launchFirefox, 8, ['everything', 'no locks', 'no IndexedDB', 'no IndexedDB in every other tab']);
runRows('WebKitGTK', launchWebKit, 6, [
  'everything',
  'no locks',
  'no IndexedDB',
  'neither locks nor BroadcastChannel, as Safari 14',
]);
