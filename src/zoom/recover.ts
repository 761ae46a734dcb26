import { SessionError } from '../session/errors';
import type { Recovery } from '../session/record';
import type { Coordinator } from '../types';
import type { ZoomDriver } from './driver';
import type { ZoomConnection, ZoomRequest, ZoomShape } from './sdk';

/**
 * What `join` means while the SDK has a session to recover. An app calls it as its page loads, as it would without solotab;
 * so it is no wish of a person to have the session in this tab, and the recovery policy decides whether it goes on here.
 */
export async function recover(
  coordinator: Coordinator<ZoomShape>,
  zoom: ZoomDriver,
  by: Recovery['by'] = 'same-tab',
  request: ZoomRequest | undefined,
): Promise<ZoomConnection> {
  await coordinator.ready;
  const { phase, role } = coordinator.getSnapshot();
  // The SDK may remember a session that the tabs know nothing of: from before solotab, or after the storage was cleared.
  if (phase === 'idle') return coordinator.join(request);
  const goesOnByItself = phase === 'recovering' && (by === 'same-tab' || by === 'any-tab');
  return role === 'host' || goesOnByItself ? settled(coordinator, zoom) : coordinator.resume();
}

/** The outcome of the resume that the coordinator makes by itself. */
function settled(
  coordinator: Pick<Coordinator<ZoomShape>, 'getSnapshot' | 'subscribe'>,
  zoom: ZoomDriver,
): Promise<ZoomConnection> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const { phase, role } = coordinator.getSnapshot();
      if (phase === 'connecting' || phase === 'recovering') return;
      stop();
      if (phase !== 'active') reject(new SessionError(1011));
      else if (role === 'host') resolve(zoom.connection());
      else reject(new SessionError(1004));
    };
    const stop = coordinator.subscribe(look);
    look();
  });
}
