import { test } from 'vitest';
import { haveSessionBeside } from './in-thread';

test('two test files have a session of one name each, and nothing is printed', { timeout: 30_000 }, () =>
  haveSessionBeside('two'),
);
