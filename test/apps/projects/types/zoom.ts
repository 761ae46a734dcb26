import { type CoordinatedZoomSession, coordinateZoomSession, type ZoomSession } from 'solotab/zoom';

declare const sdk: ZoomSession;

export const session: CoordinatedZoomSession = coordinateZoomSession(sdk, { name: 'support' });
session.on('session_error', ({ code }) => code);
// @ts-expect-error: no such option
coordinateZoomSession(sdk, { names: 'support' });
// @ts-expect-error: not a session of the SDK
coordinateZoomSession({});
