/** What the frameworks' bindings know of an app's session: all that its coordinator does. Checked by `npm run types`. */
import type { Coordinator, DriverEvent, SessionErrorEvent, SessionSnapshot } from 'solotab';
import { useSession as useReact, useSessionEvent as useReactEvent } from 'solotab/react';
import { createSession, createSessionEvent } from 'solotab/solid';
import { sessionStore, useSession as useSvelte } from 'solotab/svelte';
import { useSession as useVue, useSessionEvent as useVueEvent } from 'solotab/vue';
import type { Readable } from 'svelte/store';

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

export function vue(): void {
  const snapshot = useVue(support);
  same<typeof snapshot.value, SessionSnapshot<Support>>(true);
  const pin = useVue(support, ({ info }) => info?.pin);
  same<typeof pin.value, string | undefined>(true);
  // @ts-expect-error: read-only
  pin.value = '1';
  useVueEvent(support, 'agent_joined', (event) => same<typeof event, DriverEvent<{ name: string }>>(true));
  // @ts-expect-error: no such event
  useVueEvent(support, 'agent_joind', () => undefined);
}

export function svelte(): void {
  const session = useSvelte(support);
  same<typeof session.current, SessionSnapshot<Support>>(true);
  const store: Readable<SessionSnapshot<Support>> = sessionStore(support);
  store.subscribe((snapshot) => same<typeof snapshot, SessionSnapshot<Support>>(true));
}

export function solid(): void {
  const session = createSession(support);
  same<ReturnType<typeof session>, SessionSnapshot<Support>>(true);
  const pin = createSession(support, ({ info }) => info?.pin);
  same<ReturnType<typeof pin>, string | undefined>(true);
  createSessionEvent(support, 'agent_left', (event) => same<typeof event, DriverEvent<undefined>>(true));
  // @ts-expect-error: no such event
  createSessionEvent(support, 'agent_joind', () => undefined);
}
