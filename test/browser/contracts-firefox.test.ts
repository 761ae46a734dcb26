import { runContracts } from './scenarios/contracts';
import { launchFirefox } from './support/firefox';

runContracts('Firefox', launchFirefox, ['wipe', 'crash', 'cache', 'visibility']);
