// Makes docs/public/demo.webp, the picture at the top of README: two tabs of a customer and the agent's desk, from the real pages.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findBrowsers } from './browsers.mjs';

const TARGET = new URL('../docs/public/demo.webp', import.meta.url);
const MAX_BYTES = 300_000;
const HEIGHT = 760;
const SCALE = 0.75;
const WIDTHS = { first: 400, second: 980, agent: 1040 };

const demo = spawn(process.execPath, [fileURLToPath(new URL('start.mjs', import.meta.url))], {
  env: { ...process.env, PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath: findBrowsers().chromium, args: ['--no-sandbox'] });
try {
  const address = await printedAddress();
  const shots = await play(address);
  const bytes = await compose(shots);
  if (bytes.length > MAX_BYTES) throw new Error(`The picture has ${bytes.length} bytes, more than ${MAX_BYTES}.`);
  await mkdir(new URL('.', TARGET), { recursive: true });
  await writeFile(TARGET, bytes);
  console.log(`${fileURLToPath(TARGET)}: ${Math.round(bytes.length / 1000)} kB`);
} finally {
  await browser.close();
  demo.kill();
  await once(demo, 'close');
}

/** Plays the scene, and resolves with a picture of each window. */
async function play(address) {
  const customer = await browser.newContext({ reducedMotion: 'reduce' });
  // Playwright tells every page that it is looked at: the session would go to and fro.
  await customer.addInitScript(() => localStorage.setItem('crumb-follow', 'off'));
  const helper = await browser.newContext({ reducedMotion: 'reduce' });
  const first = await open(customer, WIDTHS.first, `${address}/`);
  await first.getByTestId('add').click();
  const second = await open(customer, WIDTHS.second, `${address}/checkout.html`);
  await second.getByTestId('start').click();
  await second.locator('[data-testid=panel][data-phase=active]').waitFor();
  const pin = await second.getByTestId('pin').textContent();

  const agent = await open(helper, WIDTHS.agent, `${address}/agent.html`);
  await agent.getByTestId('agent-name').fill('Robin');
  await agent.getByTestId('agent-pin').fill(pin);
  await agent.getByTestId('agent-join').click();
  await agent.getByTestId('agent-ask').click();
  await second.getByTestId('assist-allow').click();
  for (const [field, text] of [
    ['name', 'Ada Vermeer'],
    ['street', 'Mill Lane 3'],
    ['postcode', '9000'],
    ['town', 'Ghent'],
    ['card-number', '4929 1234 5678 9013'],
    ['card-until', '11/31'],
    ['card-code', '739'],
  ]) {
    await second.getByTestId(field).fill(text);
  }
  await second.getByTestId('word').fill('No nuts, please.');
  await agent.getByTestId('pointing').hover();
  await agent.mouse.wheel(0, HEIGHT);
  await second.waitForFunction(() => scrollY + innerHeight >= document.documentElement.scrollHeight - 1);
  const scrolled = await second.evaluate(() => scrollY);
  await agent.waitForFunction(
    (top) => document.querySelector('.replay iframe').contentWindow.scrollY === top,
    scrolled,
  );
  await circle(agent, second, 'order');
  await first.locator('[data-testid=panel][data-whose=other]').waitFor();

  const shots = [];
  for (const [page, title, width] of [
    [first, 'Customer: a first tab', WIDTHS.first],
    [second, 'Customer: the tab with the session', WIDTHS.second],
    [agent, 'Agent, elsewhere', WIDTHS.agent],
  ]) {
    await page.bringToFront();
    await page.evaluate(() => document.activeElement?.blur());
    if (page !== second) await page.evaluate(() => scrollTo(0, 0));
    shots.push({ title, width, image: (await page.screenshot()).toString('base64') });
  }
  return shots;
}

async function open(context, width, url) {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: HEIGHT });
  await page.goto(url);
  return page;
}

/** The agent draws a line around a button of the customer's page. */
async function circle(agent, customer, testId) {
  const target = await customer.getByTestId(testId).boundingBox();
  const stage = await agent.getByTestId('pointing').boundingBox();
  const scale = stage.width / WIDTHS.second;
  for (let step = 0; step <= 30; step += 1) {
    const angle = (step / 28) * 2 * Math.PI;
    const x = target.x + target.width / 2 + Math.cos(angle) * (target.width / 2 + 22);
    const y = target.y + target.height / 2 + Math.sin(angle) * (target.height / 2 + 16);
    await agent.mouse.move(stage.x + x * scale, stage.y + y * scale);
    if (step === 0) await agent.mouse.down();
  }
  await agent.mouse.up();
  await customer.locator('.drawing').first().waitFor();
  await agent.mouse.move(stage.x + (target.x + target.width + 40) * scale, stage.y + (target.y + 30) * scale);
  await customer.waitForFunction(() => document.querySelectorAll('.drawing').length > 0);
}

/** One picture of all windows, as the bytes of a WebP. */
async function compose(shots) {
  const page = await browser.newPage({ deviceScaleFactor: SCALE });
  const width = shots.reduce((sum, shot) => sum + shot.width + 26, 26);
  await page.setViewportSize({ width, height: HEIGHT + 90 });
  const windows = shots.map(
    ({ title, image, width }) =>
      `<figure style="width:${width}px"><figcaption>${title}</figcaption><img src="data:image/png;base64,${image}" width="${width}"></figure>`,
  );
  await page.setContent(`<style>
    body { margin: 0; padding: 24px 26px; display: flex; gap: 24px; background: #d8cfc2; font: 600 20px system-ui, sans-serif; }
    figure { margin: 0; border: 1px solid #a99d8c; border-radius: 12px; overflow: hidden; background: #fffdf9; }
    figcaption { padding: 6px 16px; color: #4b443b; border-bottom: 1px solid #d9d0c3; }
    img { display: block; }
  </style>${windows.join('')}`);
  const png = (await page.screenshot()).toString('base64');
  const webp = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.92).split(',')[1];
  }, png);
  return Buffer.from(webp, 'base64');
}

function printedAddress() {
  return new Promise((resolve, reject) => {
    let printed = '';
    demo.stdout.on('data', (chunk) => {
      printed += chunk;
      const [, found] = /customer\s+(http:\S+)\/\s/.exec(printed) ?? [];
      if (found) resolve(found);
    });
    demo.once('close', () => reject(new Error(`The demo did not start:\n${printed}`)));
  });
}
