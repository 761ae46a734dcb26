/**
 * Finds the browsers that the tests drive. Run as a program it installs what is missing where it can (root on Debian), says
 * exactly what to install where it can't, and fails only if Chromium is missing: that one the tests can't do without.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const WANTED = {
  chromium: {
    variable: 'SOLOTAB_CHROMIUM',
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'],
    paths: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
    packages: ['chromium'],
  },
  firefox: {
    variable: 'SOLOTAB_FIREFOX',
    programs: ['firefox-esr', 'firefox'],
    paths: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
    packages: ['firefox-esr'],
  },
  webkitDriver: {
    variable: 'SOLOTAB_WEBKIT',
    programs: ['WebKitWebDriver'],
    paths: [],
    packages: ['webkit2gtk-driver'],
  },
  webkitBrowser: {
    variable: 'SOLOTAB_MINIBROWSER',
    programs: [],
    paths: ['x86_64', 'aarch64'].flatMap((machine) =>
      ['4.1', '4.0'].map((version) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-${version}/MiniBrowser`),
    ),
    packages: ['webkit2gtk-driver'],
  },
  xvfbRun: {
    variable: 'SOLOTAB_XVFB_RUN',
    programs: ['xvfb-run'],
    paths: [],
    packages: ['xvfb', 'xauth'],
  },
};

/** Where each program is, or `null`. `webkit` needs three programs, and is there when all of them are. */
export function findBrowsers() {
  const chromium = find(WANTED.chromium);
  const firefox = find(WANTED.firefox);
  const [driver, browser, xvfbRun] = [find(WANTED.webkitDriver), find(WANTED.webkitBrowser), find(WANTED.xvfbRun)];
  return { chromium, firefox, webkit: driver && browser && xvfbRun ? { driver, browser, xvfbRun } : null };
}

function find({ variable, programs, paths }) {
  const given = process.env[variable];
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`${variable} is set to ${given}, and there is nothing.`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin', '/snap/bin');
  const candidates = programs.flatMap((program) => folders.map((folder) => join(folder, program))).concat(paths);
  return candidates.find((path) => existsSync(path)) ?? null;
}

function missingPackages() {
  const missing = Object.values(WANTED).filter((wanted) => !find(wanted));
  return [...new Set(missing.flatMap((wanted) => wanted.packages))];
}

function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args) => spawnSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
  return run('update') && run('install', '-y', '--no-install-recommends', ...packages);
}

function main() {
  const missing = missingPackages();
  if (missing.length > 0) {
    const debian = existsSync('/etc/debian_version');
    const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
    if (debian && process.getuid?.() === 0) {
      console.log(`Installing ${missing.join(', ')} …`);
      if (!install(missing)) console.error(`This failed: ${command}`);
    } else if (debian) {
      console.error(`To run every browser test, install what is missing:\n\n    sudo ${command}\n`);
    } else {
      console.error(
        'To run every browser test, install Chromium or Chrome, Firefox, and (on Linux) WebKitGTK with its WebDriver, MiniBrowser and xvfb-run,' +
          '\nor say where they are: SOLOTAB_CHROMIUM, SOLOTAB_FIREFOX, SOLOTAB_WEBKIT (WebKitWebDriver), SOLOTAB_MINIBROWSER, SOLOTAB_XVFB_RUN.\n',
      );
    }
  }
  const { chromium, firefox, webkit } = findBrowsers();
  console.log(`Chromium: ${describe(chromium)}`);
  console.log(`Firefox:  ${describe(firefox)}`);
  console.log(`WebKit:   ${webkit ? describe(webkit.driver) : 'not found'}`);
  if (!chromium) {
    console.error('The browser tests need Chromium.');
    process.exitCode = 1;
  }
}

function describe(path) {
  if (!path) return 'not found';
  try {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return `${path} (${version.trim()})`;
  } catch {
    return path;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
