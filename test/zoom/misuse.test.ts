/** What an app without types may hand to `coordinateZoomSession`. */
import { coordinateZoomSession, type ZoomOptions, type ZoomSession } from 'solotab/zoom';
import { expect, test } from 'vitest';
import { createWorld } from './pages';
import { StandInSession } from './stand-in-sdk';

function openSession() {
  const { service } = createWorld();
  return new StandInSession(service, new Map());
}

/** What is warned of for these options. */
function warningsOf(options: object): string[] {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message), error: () => undefined };
  coordinateZoomSession(openSession(), { logger, ...options } as ZoomOptions);
  return warnings;
}

test.each<[string, unknown]>([
  ['nothing, as after an init that failed', undefined],
  ['an object of something else', { start() {}, end() {} }],
])('what is no session of the SDK is a TypeError that says where to get one: %s', (_, session) => {
  // As from an app without types.
  expect(() => coordinateZoomSession(session as ZoomSession)).toThrow(TypeError);
  expect(() => coordinateZoomSession(session as ZoomSession)).toThrow(
    'coordinateZoomSession needs the session that ZoomCobrowseSDK.init hands its callback.',
  );
});

test.each<[string, object, string]>([
  ['of withAttempts', { token: 'abc' }, 'token must be a function'],
  ['of createCoordinator', { recovery: 'any-tab' }, "recovery must be { by: 'any-tab' }"],
])('a bad option is a TypeError: %s', (_, options, message) => {
  expect(() => warningsOf(options)).toThrow(TypeError);
  expect(() => warningsOf(options)).toThrow(message);
});

test('an option that there is not is one warning, one of each kind that there is is none', () => {
  expect(warningsOf({ publishPn: true })).toEqual([
    expect.stringContaining("coordinateZoomSession has no option 'publishPn', only pin, pinLength, token,"),
  ]);
  const given = { name: 'x', publishPin: true, pin: 'generated', retry: { attempts: 2 }, connectTimeoutMs: 5 };
  expect(warningsOf(given)).toEqual([]);
});

test('what it gives itself is no option: the driver, and where the PIN is', () => {
  expect(warningsOf({ driver: {}, pinKey: 'pin' })).toEqual([
    expect.stringContaining("no option 'driver'"),
    expect.stringContaining("no option 'pinKey'"),
  ]);
});
