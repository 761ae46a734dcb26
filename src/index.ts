export type { AttemptContext } from './attempts/attempt';
export type { RetryPolicy } from './attempts/backoff';
export { generatePin } from './attempts/generate-pin';
export type { ReconnectOptions } from './attempts/reconnect';
export { reconnect } from './attempts/reconnect';
export type { AttemptDriver, AttemptKind, AttemptOptions, PinMode, TokenCall } from './attempts/with-attempts';
export { withAttempts } from './attempts/with-attempts';
export { createCoordinator } from './create-coordinator';
export type { CommandContext, Driver, DriverCommands, DriverContext, PreviousTerm } from './driver';
export type { Logger } from './platform/platform';
export type { CatalogueEntry, SessionErrorCode } from './session/catalogue';
export { isSessionErrorCode, SESSION_ERRORS } from './session/catalogue';
export type { CommandFailure, CommandOutcome } from './session/command-error';
export { CommandError } from './session/command-error';
export type { SessionErrorEvent } from './session/error-facts';
export { SessionError } from './session/errors';
export type { Kind, Phase, Recovery, RecoveryPolicy } from './session/record';
export type { Shape } from './shape';
export type {
  CallOptions,
  CommandOptions,
  Coordinator,
  CoordinatorEvents,
  CoordinatorOptions,
  DriverEvent,
  Guarantee,
  Role,
  SessionEndedEvent,
  SessionEvent,
  SessionSnapshot,
  TakeOverOptions,
} from './types';
