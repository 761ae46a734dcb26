/** What the frameworks' bindings know of an app's session: all that its coordinator does. Checked by `npm run types`. */
import type { Coordinator, DriverEvent, SessionErrorEvent, SessionSnapshot } from 'solotab';
import { useSession as useReact, useSessionEvent as useReactEvent } from 'solotab/react';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only where both are the very same type. */
declare function same<A, B>(isSame: Equal<A, B>): void;

interface Support {
  info: { pin: string };
  events: { agent_joined: { name: string }; agent_left: undefined };
}

declare const support: Coordinator<Support>;
/** Without a shape. */
declare const plain: Coordinator;

export function react(): void {
  const snapshot = useReact(support);
  same<typeof snapshot, SessionSnapshot<Support>>(true);
  const pin = useReact(support, ({ info }) => info?.pin);
  same<typeof pin, string | undefined>(true);
  // @ts-expect-error: not what this shape publishes
  useReact(support, ({ info }) => info?.pni);

  useReactEvent(support, 'agent_joined', (event) => same<typeof event, DriverEvent<{ name: string }>>(true));
  useReactEvent(support, 'session_error', (event) =>
    same<typeof event, SessionErrorEvent & { readonly missed?: number }>(true),
  );
  // @ts-expect-error: no such event
  useReactEvent(support, 'agent_joind', () => undefined);
  useReactEvent(plain, 'whatever', (event) => same<typeof event, DriverEvent<unknown>>(true));
  useReactEvent(plain, 'statechange', (event) => same<typeof event, SessionSnapshot>(true));
}
