/** The page of a shop that asks for help: one button, and one sentence that says where the session is. */
import { createCoordinator } from 'solotab';

const driver = { start: () => ({}), end: () => undefined, resume: () => ({}) };
const coordinator = createCoordinator({ name: 'help', driver });
const status = document.querySelector('[role=status]');

const WHERE = {
  host: 'The session is here.',
  follower: 'The session is in another tab.',
  none: 'There is no session.',
};

function show() {
  const { phase, role } = coordinator.getSnapshot();
  status.textContent = phase === 'recovering' ? 'The tab of the session is gone.' : WHERE[role];
}

coordinator.subscribe(show);
coordinator.ready.then(show);
document.querySelector('button').addEventListener('click', () => void coordinator.start());
