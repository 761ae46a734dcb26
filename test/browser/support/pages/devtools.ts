/** Mounts the panel over the coordinator of the page, which `pages/coordinator.ts` has made. */
import { mountDevtools } from '../../../../src/devtools/index';

void window.fixture.coordinator.ready.then(() => mountDevtools(window.fixture.coordinator));
