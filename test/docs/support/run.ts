/** Runs an example as it is, on tabs of a simulated browser: `createCoordinator` opens one, and each name that leads has one too. */
import * as solotab from 'solotab';
import * as testing from 'solotab/testing';
import ts from 'typescript';
import * as vitest from 'vitest';
import { createElectionOn, type LeadOptions, leadOn } from '../../../src/lead/on-platform';
import { yourSdk } from './your-sdk';

type Lead = Parameters<typeof leadOn>[2];

/** Resolves when the example, and each test that it declares, has run to its end; rejects if one failed. */
export async function runExample(text: string): Promise<void> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const browser = testing.createSimulatedBrowser();
  const bodies: (() => unknown)[] = [];
  const newPage = () => browser.openTab({ bare: true }).platform;
  const modules: Readonly<Record<string, unknown>> = {
    solotab: {
      ...solotab,
      createCoordinator: (options: solotab.CoordinatorOptions) => browser.openTab(options).coordinator,
    },
    'solotab/testing': testing,
    'solotab/election': {
      lead: (name: string, body: Lead, options?: LeadOptions) => leadOn(newPage(), name, body, options),
      createElection: (name: string) => createElectionOn(newPage(), name),
    },
    'your-sdk': yourSdk,
    vitest: { ...vitest, test: (_: string, body: () => unknown) => bodies.push(body) },
  };
  const load = (name: string): unknown => {
    if (!(name in modules)) throw new Error(`An example that runs can't import ${name}.`);
    return modules[name];
  };
  // An async function, because examples await at their top level.
  const AsyncFunction = (async () => undefined).constructor;
  // The constructor of async functions makes one of its parameters' names and its text.
  const main = AsyncFunction('require', 'exports', 'show', outputText) as (...given: unknown[]) => Promise<void>;
  await main(load, {}, () => undefined);
  for (const body of bodies) await body();
  for (const tab of browser.tabs) if (tab.state === 'open') await tab.close();
  vitest.expect(browser.violations).toEqual([]);
}
