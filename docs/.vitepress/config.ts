/** The documentation's site. What is on it and in which order: `menu.ts`. */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { menu, tops } from './menu';

// As package.json is written.
const { homepage, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly homepage: string;
  readonly version: string;
};
const repository = homepage.replace(/#.*/, '');
/** Until the repository's address is known there is a placeholder in package.json, and nothing links to it. */
const isPublished = !repository.includes('/OWNER/');

export default defineConfig({
  title: 'solotab',
  description: 'One origin, many tabs, one session: exactly one browser tab has the live session, and every tab knows.',
  lang: 'en',
  cleanUrls: false,
  // A link to a page that is not there fails the build.
  ignoreDeadLinks: false,
  head: [['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }]],
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    nav: [...tops(), { text: 'When something is wrong', link: '/troubleshooting' }],
    sidebar: menu(),
    outline: { level: [2, 3], label: 'On this page' },
    search: { provider: 'local', options: { detailedView: true } },
    docFooter: { prev: 'Before', next: 'Next' },
    footer: { message: `Version ${version}, MIT licensed.` },
    ...(isPublished && {
      socialLinks: [{ icon: 'github', link: repository }],
      editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Change this page' },
    }),
  },
});
