/** The panel, in a shadow root: its style does not reach the app, and the app's does not reach it. */
import { timeOf } from './browser';
import { createElements } from './elements';
import type { Knowledge } from './knowledge';
import { movesOf, type reportOf } from './report';
import { STYLE } from './style';
import { drawTimeline } from './timeline';
import { laneFacts, laneName, tabName } from './words';

export interface PanelPorts {
  readonly knowledge: Knowledge;
  /** Without a place in the page of its own it stands in a corner of the window. */
  readonly floats: boolean;
  report(withPublished: boolean): ReturnType<typeof reportOf>;
  copy(text: string): Promise<void>;
  /** The user looks at it again. */
  unfolded(): void;
  /** The user is done with it. */
  unmount(): void;
}

export type Panel = ReturnType<typeof createPanel>;

type Row = readonly [time: string, who: string, what: string];

export function createPanel(target: HTMLElement, { knowledge, floats, report, copy, unfolded, unmount }: PanelPorts) {
  const elements = createElements(target.ownerDocument);
  const { h, s } = elements;
  const button = (text: string, act: () => void, more: Readonly<Record<string, string>> = {}): HTMLButtonElement => {
    const made = h('button', { type: 'button', ...more }, text);
    made.addEventListener('click', act);
    return made;
  };
  /** A part that can be folded, with a table in it that is written anew only when it has changed. */
  const part = (title: string, columns: readonly string[], attributes: Readonly<Record<string, string>> = {}) => {
    const count = h('span', { class: 'number' });
    const body = h('tbody');
    const heads = columns.map((column) => h('th', { scope: 'col' }, column));
    const table = h('table', {}, h('thead', {}, h('tr', {}, ...heads)), body);
    const scrolled = h('div', { tabindex: '0', role: 'group', 'aria-label': title }, table);
    let shown = '';
    return {
      element: h('details', attributes, h('summary', {}, `${title} `, count), scrolled),
      show(rows: readonly (readonly string[])[]): void {
        const next = JSON.stringify(rows);
        if (next === shown) return;
        shown = next;
        count.textContent = String(rows.length);
        body.replaceChildren(
          ...rows.map(([first = '', ...cells]) =>
            h('tr', {}, h('th', { scope: 'row' }, first), ...cells.map((cell) => h('td', {}, cell))),
          ),
        );
      },
    };
  };

  const state = h('span');
  const published = h('input', { type: 'checkbox' });
  const why = h('p', { class: 'why', role: 'status' });
  const list = h('ul', { 'aria-label': 'Tabs' });
  const picture = s('svg', { role: 'img' });
  const happened = part('Events', ['When', 'Tab', 'What'], { open: '' });
  const called = part('Commands', ['When', 'Tab', 'Command', 'Outcome']);
  const locked = part('Locks', ['Lock', 'Tab', 'State']);
  const stored = part('Record', ['Field', 'Value']);
  const said = h('span', { role: 'status' });
  const isOpen = (): boolean => !section.classList.contains('folded');
  const toggle = (): void => {
    setFolded(isOpen());
    if (isOpen()) unfolded();
  };
  const fold = button('–', toggle, { class: 'fold' });
  const header = h(
    'header',
    {},
    h('h2', {}, 'solotab'),
    state,
    said,
    h('label', {}, published, 'with what the app published'),
    button('Copy', () => void copyReport()),
    fold,
    button('×', unmount, { 'aria-label': 'Close the solotab panel' }),
  );
  const parts = [happened, called, locked, stored].map(({ element }) => element);
  const body = h('div', { class: 'body' }, why, h('div', { class: 'lanes' }, list, picture), ...parts);
  const section = h('section', { 'aria-label': `solotab: ${knowledge.scope}` }, header, body);
  const host = h('div', { 'data-solotab-devtools': knowledge.scope, ...(floats && { 'data-floats': '' }) });
  const root = host.attachShadow({ mode: 'open' });
  addStyle(root);
  root.append(section);
  target.append(host);
  section.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    setFolded(true);
    fold.focus();
  });
  published.addEventListener('change', show);
  setFolded(false);

  function addStyle(to: ShadowRoot): void {
    const view = target.ownerDocument.defaultView;
    // A page may forbid <style> by its policy, and an older browser has no other way.
    if (view && 'adoptedStyleSheets' in to && 'replaceSync' in view.CSSStyleSheet.prototype) {
      const sheet = new view.CSSStyleSheet();
      sheet.replaceSync(STYLE);
      to.adoptedStyleSheets = [sheet];
    } else to.append(h('style', {}, STYLE));
  }

  function setFolded(isFolded: boolean): void {
    section.classList.toggle('folded', isFolded);
    fold.textContent = isFolded ? '+' : '–';
    fold.setAttribute('aria-expanded', String(!isFolded));
    fold.setAttribute('aria-label', 'solotab panel');
  }

  async function copyReport(): Promise<void> {
    const text = JSON.stringify(report(published.checked), null, 2);
    body.querySelector('textarea')?.remove();
    try {
      await copy(text);
      said.textContent = 'Copied.';
    } catch {
      // Not allowed, as in a page without a secure context: the user copies it.
      const field = h('textarea', { readonly: '', 'aria-label': 'The report' });
      field.value = text;
      body.prepend(field);
      field.select();
      said.textContent = 'Press the keys for Copy.';
    }
  }

  function show(): void {
    const { refused, snapshot, record, locks, commands } = report(published.checked);
    state.textContent = `${knowledge.scope}: ${snapshot.phase}${snapshot.guarantee === 'exclusive' ? '' : ', tabs can not exclude each other'}`;
    const reason = refused?.why ?? 'No call of this tab was refused.';
    // A status is read out whenever it is written.
    if (why.textContent !== reason) why.textContent = reason;
    why.classList.toggle('refused', refused !== null);
    const lanes = knowledge.lanes.list();
    list.replaceChildren(
      ...lanes.map((lane) => {
        const title = [lane.tabId ?? lane.clientId, lane.presence?.path].join(' ');
        return h('li', { title }, h('b', {}, laneName(lane)), h('small', {}, laneFacts(knowledge, lane).join(', ')));
      }),
    );
    happened.show(rowsOf(knowledge));
    called.show(
      commands.map(({ at, tabId, name, state: outcome }) => [timeOf(at), tabName(tabId), name, outcome]).reverse(),
    );
    const laneOf = (clientId: string) => lanes.find((lane) => lane.clientId === clientId);
    locked.show(
      (locks ?? []).map(({ purpose, clientId, isHeld, mode }) => {
        const lane = laneOf(clientId);
        return [purpose, lane ? laneName(lane) : clientId, `${isHeld ? 'held' : 'waited for'}, ${mode}`];
      }),
    );
    stored.show(Object.entries(record ?? {}).map(([name, value]) => [name, textOf(name, value)]));
  }

  return {
    show,
    draw: (now: number) => drawTimeline(elements, picture, knowledge, now),
    isOpen,
    remove: () => host.remove(),
  };
}

/** What happened, the last first. */
function rowsOf(knowledge: Knowledge): Row[] {
  const events = knowledge.entries().map(({ at, tabId, type, epoch, seq, error, reason }) => {
    const detail = [type, error?.code, reason].filter((word) => word !== undefined).join(' ');
    return { at, tabId, what: `${detail}, ${epoch}:${seq}` };
  });
  const refusals = knowledge.refusals().map(({ at, tabId, code }) => ({ at, tabId, what: `refused with ${code}` }));
  const moves = movesOf(knowledge).map(({ at, from, to, wasLost }) => {
    const how = wasLost ? 'which was lost' : 'which handed it over';
    return { at, tabId: to, what: `has the session from ${tabName(from)}, ${how}` };
  });
  const rows = [...events, ...refusals, ...moves].sort((a, b) => b.at - a.at);
  return rows.map(({ at, tabId, what }) => [timeOf(at), tabName(tabId), what]);
}

function textOf(name: string, value: unknown): string {
  const isTime = typeof value === 'number' && value > 0 && /^(since|seenAt|lostSince)$/.test(name);
  return isTime ? timeOf(value) : (JSON.stringify(value) ?? '');
}
