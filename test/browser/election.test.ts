/** `solotab/election` in real Chromium tabs: one of them leads, whatever happens to it. Its peers: `npm run bench:election`. */
import { test } from 'vitest';
import { oneLeads } from './election/one-leads';
import { SCENARIOS } from './election/scenarios';

const scenarios = SCENARIOS.filter(({ isLarge }) => !isLarge);

// Each has a browser of its own, in which it waits most of the time.
test.concurrent.each(scenarios)('one tab leads, and no other: $title', oneLeads);
