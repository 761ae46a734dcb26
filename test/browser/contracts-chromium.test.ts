import { runContracts } from './scenarios/contracts';
import { launchChromium } from './support/chromium';

runContracts('Chromium', launchChromium, ['wipe', 'crash', 'freeze', 'cache', 'visibility']);
