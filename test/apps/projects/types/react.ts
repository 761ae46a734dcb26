import { useSession, useSessionEvent } from 'solotab/react';
import { support } from './core.js';

export function usePin(): string | undefined {
  useSessionEvent(support, 'agent_joined', ({ payload }) => payload.name.trim());
  // @ts-expect-error: misspelt
  useSessionEvent(support, 'agent_joind', () => undefined);
  // @ts-expect-error: it was never published
  useSession(support, ({ info }) => info?.pni);
  const selected = useSession(support, ({ info }) => info?.pin);
  const { info } = useSession(support);
  return selected ?? info?.pin;
}
