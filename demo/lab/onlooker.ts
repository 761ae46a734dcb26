/** What the lab's tabs do, in the panel of solotab's devtools. The lab itself is one more tab of the scope, which only looks on. */
import { createCoordinator } from 'solotab';
import { mountDevtools } from 'solotab/devtools';

export function lookOn(target: HTMLElement, scope: string, nameOf: (tabId: string) => string | undefined): void {
  const onlooker = createCoordinator({
    name: scope,
    driver: { start: () => Promise.reject(new Error('The lab starts nothing: its tabs do.')), end: () => undefined },
    canHost: () => false,
  });
  const name = (tabId: string) => (tabId === onlooker.tabId ? 'the lab' : nameOf(tabId));
  mountDevtools(onlooker, { name: scope, target, nameOf: name });
}
