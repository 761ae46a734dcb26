/** A customer of the demo and an agent in another browser, in one session. */
import { onTestFinished } from 'vitest';
import { type Demo, startDemo } from '../../demo/demo-process';
import { type AgentDesk, type CustomerTab, openAgent, openCustomer } from '../../demo/demo-tabs';
import type { customersAndAgents } from './customers-and-agents';

export interface Company {
  readonly demo: Demo;
  readonly tab: CustomerTab;
  readonly agent: AgentDesk;
}

/** A customer's tab with a session, and an agent in another browser who is in it. */
export async function meet(browsers: ReturnType<typeof customersAndAgents>, path = '/'): Promise<Company> {
  const demo = await startDemo();
  onTestFinished(demo.stop);
  const tab = await openCustomer(browsers.customers, demo, path);
  await tab.press('start');
  await tab.shows('active', 'this');
  const agent = await openAgent(browsers.agents, demo);
  await agent.join(await tab.pin());
  return { demo, tab, agent };
}
