import { sessionStore, useSession } from 'solotab/svelte';
import { get } from 'svelte/store';
import { support } from './core.js';

export const usePin = (): string | undefined => useSession(support).current.info?.pin;
export const pin: string | undefined = get(sessionStore(support)).info?.pin;
// @ts-expect-error: it was never published
export const misspelt = get(sessionStore(support)).info?.pni;
