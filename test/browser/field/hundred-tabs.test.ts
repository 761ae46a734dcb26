/** Somebody has a hundred tabs of one site. */
import { test } from 'vitest';
import { oneLeads } from '../election/one-leads';
import { SCENARIOS } from '../election/scenarios';

test.each(SCENARIOS.filter(({ isLarge }) => isLarge))('one tab leads, and no other: $title', oneLeads);
