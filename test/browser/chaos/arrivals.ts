/** How documents come into the tabs of a round: opened, duplicated, restored, brought back from the history. */
import { REFUSING_LOCKS, SILENT_LOCKS } from '../support/init-scripts';
import { Tab } from '../support/tab';
import { REMEMBER_PROBLEMS, storedInTab } from './page';
import { type ChaosPage, type Slot, tabOf } from './slot';
import type { StagePorts } from './stage';

/** Looks at a page that is on its way back from the history. */
const MOST_LOOKS = 1_000;

export class Arrivals {
  readonly #ports: StagePorts;
  /** Of the page that a tab shows. */
  readonly #url: (slot: Slot) => string;
  #opening: Promise<unknown> = Promise.resolve();

  constructor(ports: StagePorts) {
    const { browser, plan, scope } = ports;
    this.#ports = ports;
    const url = (initScript: string): string =>
      browser.server.page({ script: 'coordinator', config: { ...plan.config, scope }, initScript });
    const { locks } = plan;
    const broken = locks?.how === 'silent' ? SILENT_LOCKS : REFUSING_LOCKS;
    const [good, bad] = [url(REMEMBER_PROBLEMS), url(`${REMEMBER_PROBLEMS}\n${broken}`)];
    this.#url = ({ index }) => (locks && (locks.inAll || index % 2 === 0) ? bad : good);
  }

  /** Whether the engine itself duplicates a tab. */
  get duplicates(): boolean {
    return this.#ports.bystander.page.duplicate !== undefined;
  }

  async open(slot: Slot): Promise<void> {
    const { browser, pool } = this.#ports;
    const used = pool.pop();
    if (used) await used.page.navigate(this.#url(slot));
    slot.tab = used ?? (await this.#openNew(() => browser.engine.open(this.#url(slot))));
    await this.introduce(slot, 'is');
  }

  /** What a tab duplicated by its user has: the address, and a copy of the `sessionStorage`. */
  async duplicate(slot: Slot, copy: Slot): Promise<void> {
    const { duplicate } = tabOf(slot).page;
    if (duplicate) copy.tab = await this.#openNew(duplicate);
    else await this.#openWith(copy, await storedInTab(tabOf(slot)));
    await this.introduce(copy, `is a copy of tab ${slot.index}:`);
  }

  /** By a browser that is opened again, or of a tab that was closed by mistake: the address, and what its `sessionStorage` held. */
  async restore(closed: Slot, slot: Slot): Promise<void> {
    await this.#openWith(slot, closed.kept ?? {});
    await this.introduce(slot, `is tab ${closed.index}, restored:`);
  }

  async back(slot: Slot, tab: Tab<ChaosPage>): Promise<void> {
    await tab.page.back();
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      // A page that is just being replaced can't answer.
      const documentId = await tab
        .evaluate(() => (document.readyState === 'complete' && window.fixture?.documentId) || '')
        .catch(() => '');
      if (documentId) return this.introduce(slot, documentId === slot.left ? 'is back as' : 'is loaded again as');
    }
    throw new Error('It does not come back.');
  }

  /** Tells whoever reads the timeline whose the backend's ids are. */
  async introduce({ index, tab }: Slot, how: string): Promise<void> {
    const tabId = await tab?.evaluate(() => window.fixture.coordinator.tabId);
    this.#ports.timeline.name(tabId ?? '', `tab ${index}`);
    this.#ports.timeline.note(`tab ${index} ${how} ${tabId?.slice(0, 8)}`);
  }

  async #openWith(slot: Slot, stored: Readonly<Record<string, string>>): Promise<void> {
    const { engine, server } = this.#ports.browser;
    slot.tab = await this.#openNew(() => engine.open(server.blank));
    await slot.tab.evaluate((entries) => Object.assign(sessionStorage, entries), stored);
    await slot.tab.page.navigate(this.#url(slot));
  }

  /** One at a time: a browser only tells that a page was opened, not by whom. */
  #openNew(open: () => Promise<ChaosPage>): Promise<Tab<ChaosPage>> {
    const opened = this.#opening.then(open).then((page) => new Tab(page, this.#ports.browser.server));
    this.#opening = opened.catch(() => undefined);
    return opened;
  }
}
