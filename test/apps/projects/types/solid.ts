import type { Accessor } from 'solid-js';
import { createSession, createSessionEvent } from 'solotab/solid';
import { support } from './core.js';

export function createPin(): Accessor<string | undefined> {
  createSessionEvent(support, 'agent_joined', ({ payload }) => payload.name.trim());
  // @ts-expect-error: misspelt
  createSessionEvent(support, 'agent_joind', () => undefined);
  // @ts-expect-error: it was never published
  createSession(support, ({ info }) => info?.pni);
  return createSession(support, ({ info }) => info?.pin);
}
