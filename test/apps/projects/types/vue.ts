import { useSession, useSessionEvent } from 'solotab/vue';
import type { ComputedRef } from 'vue';
import { support } from './core.js';

export function usePin(): ComputedRef<string | undefined> {
  useSessionEvent(support, 'agent_joined', ({ payload }) => payload.name.trim());
  // @ts-expect-error: misspelt
  useSessionEvent(support, 'agent_joind', () => undefined);
  // @ts-expect-error: it was never published
  useSession(support, ({ info }) => info?.pni);
  return useSession(support, ({ info }) => info?.pin);
}
