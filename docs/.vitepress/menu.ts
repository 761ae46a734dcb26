/** Every page of the documentation, in the order in which they are read. */
import { existsSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

const START = {
  'first-session': 'First session in five minutes',
  zoom: 'With the Zoom Cobrowse SDK',
  'one-socket': 'One socket for all tabs',
  softphone: 'A softphone',
  election: 'Election: one tab does it',
};

const GUIDES = {
  drivers: 'Drivers',
  recovery: 'Recovery and take-over',
  commands: 'Commands from any tab',
  'staying-connected': 'Staying connected',
  'election-compared': 'The election and its peers',
  errors: 'Errors, code by code',
  'pins-and-tokens': 'PINs and tokens',
  react: 'React',
  vue: 'Vue',
  svelte: 'Svelte',
  solid: 'Solid',
  'server-rendering': 'Server rendering',
  testing: 'Testing',
  'accessible-widgets': 'Accessible widgets',
  security: 'Security and privacy',
  'old-browsers': 'Old browsers',
  'scopes-frames-workers': 'Scopes, frames, workers',
  deployments: 'New versions beside old tabs',
};

const REFERENCE = {
  solotab: 'solotab',
  zoom: 'solotab/zoom',
  election: 'solotab/election',
  testing: 'solotab/testing',
  devtools: 'solotab/devtools',
  react: 'solotab/react',
  vue: 'solotab/vue',
  svelte: 'solotab/svelte',
  solid: 'solotab/solid',
};

const WHY = {
  'how-it-works': 'How it works',
  'how-it-is-tested': 'How it is tested',
  'not-promised': 'What is not promised',
};

const COMING_FROM = {
  'broadcast-channel': 'broadcast-channel',
  'tab-election': 'tab-election',
  'browser-tabs-lock': 'browser-tabs-lock',
  'web-locks': 'Web Locks by hand',
  'localstorage-flags': 'localStorage flags',
  'shared-worker': 'A SharedWorker',
};

/** What is always at the top: the first page of each of these. */
export function tops(): DefaultTheme.NavItemWithLink[] {
  const sections = { Start: START, Guides: GUIDES, Why: WHY };
  const links = Object.entries(sections).flatMap(([text, titles]) => {
    const [first] = group(text, text.toLowerCase(), titles).items;
    return first ? [{ text, link: first.link }] : [];
  });
  return [...links, { text: 'Reference', link: '/reference/' }].map(({ text, link }) => ({
    ...{ text, link, activeMatch: `^/${text.toLowerCase()}/` },
  }));
}

/** The whole menu. Pages that are not there are left out. */
export function menu(): DefaultTheme.SidebarItem[] {
  return [
    group('Start', 'start', START),
    group('Guides', 'guides', GUIDES),
    { text: 'When something is wrong', link: '/troubleshooting' },
    group('Why it holds', 'why', WHY),
    group('Coming from', 'coming-from', COMING_FROM),
    group('Reference', 'reference', REFERENCE),
  ];
}

function group(text: string, folder: string, titles: Readonly<Record<string, string>>) {
  const items = Object.entries(titles)
    .map(([page, title]) => ({ text: title, link: `/${folder}/${page}` }))
    .filter(({ link }) => exists(link));
  return { text, items };
}

/** A page of the reference is there only if its entry is. */
function exists(link: string): boolean {
  return existsSync(new URL(`..${link}.md`, import.meta.url));
}
