import { runContracts } from './scenarios/contracts';
import { launchWebKit } from './support/webkit';

runContracts('WebKitGTK', launchWebKit, ['wipe', 'cache']);
