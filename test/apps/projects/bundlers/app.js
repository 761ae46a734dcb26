import { createCoordinator, SessionError } from 'solotab';

const driver = { start: () => 'a session', end() {} };
const coordinator = createCoordinator({ name: 'app', driver });

window.app = {
  start: () => coordinator.start().catch((error) => (error instanceof SessionError ? error.code : String(error))),
  phase: () => coordinator.getSnapshot().phase,
};
