/**
 * What grows with the number of tabs that share a process, and of scopes in a page: the same work done with the browser alone, and
 * how busy the process is with those that are at rest.
 *
 *     npm run bench -- scale-causes
 */
import { setTimeout as pause } from 'node:timers/promises';
import { launchPages, type Pages, type WorkPage } from './pages';
import { median } from './work';

const TABS = { most: 240, step: 80, samples: 40 };
const SCOPES = { most: 900, step: 300 };

/** Over which the process is seen at rest: each tab with a session looks once in 15 s. */
const REST_MS = 15_000;

export async function main(): Promise<void> {
  await inBrowser('Tabs of one scope that share a process: a refused start', async (pages) => {
    await moreTabs(pages, true);
  });
  await inBrowser('As many tabs, in which nothing is open', async (pages) => {
    await moreTabs(pages, false);
  });
  await inBrowser('Scopes in one tab, each with a session: open and start the next', async (pages) => {
    await moreScopes(pages, 'scopes');
  });
  await inBrowser('The same with the browser alone: as many connections, channels and locks', async (pages) => {
    await moreScopes(pages, 'bareScopes');
  });
}

async function inBrowser(title: string, work: (pages: Pages) => Promise<void>): Promise<void> {
  console.log(`\n${title}`);
  const pages = await launchPages();
  try {
    await work(pages);
  } finally {
    await pages.close();
  }
}

async function moreTabs(pages: Pages, isOpen: boolean): Promise<void> {
  const tabs: WorkPage[] = [];
  while (tabs.length < TABS.most) {
    for (let index = 0; index < TABS.step; index += 1) {
      const tab = await pages.open();
      if (isOpen) await tab.call('open', 'tabs');
      if (isOpen && tabs.length === 0) await tab.call('begin', 'tabs');
      tabs.push(tab);
    }
    const last = tabs[tabs.length - 1];
    if (!last) return;
    const told = [`${tabs.length} tabs`];
    if (isOpen) told.push(`refused ${inMs(await last.call('refusals', 'tabs', TABS.samples))}`);
    told.push(`a read and two probes ${inMs(await last.call('bareLooks', TABS.samples))}`);
    told.push(`to the next task ${inMs(await last.call('turns', TABS.samples))}`, await atRest(last));
    console.log(told.join(' · '));
  }
}

async function moreScopes(pages: Pages, work: 'scopes' | 'bareScopes'): Promise<void> {
  const page = await pages.open();
  for (let from = 0; from < SCOPES.most; from += SCOPES.step) {
    const samples = await page.call(work, from, SCOPES.step);
    console.log(`${from + SCOPES.step} scopes · the last of them ${inMs(samples)} · ${await atRest(page)}`);
  }
}

async function atRest(page: WorkPage): Promise<string> {
  const before = await page.cpuSeconds();
  await pause(REST_MS);
  const seconds = (await page.cpuSeconds()) - before;
  return `at rest the process is busy for ${((seconds / REST_MS) * 1e6).toFixed(1)} ms a second`;
}

function inMs(samples: readonly number[]): string {
  return `${median(samples).toFixed(2)} ms`;
}
