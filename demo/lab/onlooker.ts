/** What the lab's tabs do, in the panel of solotab's devtools. The lab itself is one more tab of the scope, which only looks on. */
import { createCoordinator, withAttempts } from 'solotab';
import { mountDevtools } from 'solotab/devtools';
import { currentUser, fetchToken } from '../service';
import { createSessionDriver, type DemoShape } from '../session-driver';

export function lookOn(target: HTMLElement, site: string, nameOf: (tabId: string) => string | undefined): void {
  const token = () => fetchToken(site, currentUser(), 'customer');
  const nothing = () => undefined;
  const driver = createSessionDriver({ site, role: () => 'customer', token, onSession: nothing, onAct: nothing });
  const onlooker = createCoordinator<DemoShape>({
    name: site,
    // It starts nothing and takes nothing over. But whichever tab finds that a session is over ends it at the service.
    driver: withAttempts<DemoShape>(driver, { token }),
    canHost: () => false,
  });
  const name = (tabId: string) => (tabId === onlooker.tabId ? 'the lab' : nameOf(tabId));
  mountDevtools(onlooker, { name: site, target, nameOf: name });
}
