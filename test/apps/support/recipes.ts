import { writeFileSync } from 'node:fs';
import { examplesOf } from '../../docs/support/examples';
import { BUILT } from './run';

/** Writes the tests that the guide shows for `app` into a folder of what is built, word for word. Returns how many there are. */
export function writeRecipes(app: string, folder: string, inModules = true): number {
  const recipes = examplesOf('docs/guides/testing.md').filter(({ inApp }) => inApp?.app === app);
  for (const { inApp, text } of recipes) {
    // As the guide says: in CommonJS `jest` is there already.
    const requires = text.replace(/^import (\{.*\}) from (.*);$/gm, 'const $1 = require($2);').replace(' jest,', '');
    if (inApp) writeFileSync(`${BUILT}/${folder}/${inApp.path}`, inModules ? text : requires);
  }
  return recipes.length;
}
