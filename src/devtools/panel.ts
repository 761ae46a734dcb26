/** The panel, in a shadow root: its style does not reach the app, and the app's does not reach it. */
import { createElements } from './elements';
import type { Knowledge } from './knowledge';
import type { Report } from './report';
import { STYLE } from './style';
import { drawTimeline } from './timeline';
import { eventLines, laneFacts, laneName, lockLines, recordLines } from './words';

export interface PanelPorts {
  readonly knowledge: Knowledge;
  /** Without a place in the page of its own it stands in a corner of the window. */
  readonly floats: boolean;
  report(withPublished: boolean): Report;
  copy(text: string): Promise<void>;
  /** The user looks at it again. */
  unfolded(): void;
  /** The user is done with it. */
  unmount(): void;
}

export function createPanel(target: HTMLElement, ports: PanelPorts) {
  const { knowledge, report } = ports;
  const elements = createElements(target.ownerDocument);
  const { h, s } = elements;
  const button = (text: string, act: () => void, attributes = {}): HTMLButtonElement => {
    const made = h('button', { type: 'button', ...attributes }, text);
    made.onclick = act;
    return made;
  };
  /** A part that can be folded. Its lines are written anew only when they have changed, so that one can scroll and select. */
  const part = (title: string, attributes = {}) => {
    const list = h('ol', { tabindex: 0, 'aria-label': title });
    const summary = h('summary', {}, title);
    let shown = '';
    return {
      element: h('details', attributes, summary, list),
      show(lines: readonly string[]): void {
        if (lines.join() === shown) return;
        shown = lines.join();
        summary.textContent = `${title} (${lines.length})`;
        list.replaceChildren(...lines.map((line) => h('li', {}, line)));
      },
    };
  };

  const state = h('p', { role: 'status' });
  const why = h('p', { class: 'why', role: 'status' });
  const published = h('input', { type: 'checkbox' });
  published.onchange = show;
  const tabs = h('ul', { 'aria-label': 'Tabs' });
  const picture = s('svg', { role: 'img' });
  const events = part('Events and commands', { open: '' });
  const locks = part('Locks');
  const record = part('Record');
  const fold = button('–', toggle, { 'aria-label': 'Show the panel', 'aria-expanded': 'true' });
  const section = h(
    'section',
    { 'aria-label': `solotab: ${knowledge.scope}`, class: ports.floats ? 'floats' : '' },
    h(
      'header',
      {},
      h('h2', {}, 'solotab'),
      state,
      h('label', {}, published, 'with what the app published'),
      button('Copy', copyReport, { class: 'copy' }),
      fold,
      button('×', ports.unmount, { 'aria-label': 'Close the panel' }),
    ),
  );
  const parts = [events.element, locks.element, record.element];
  const body = h('div', { class: 'body' }, why, h('div', { class: 'lanes' }, tabs, picture), ...parts);
  section.append(body);
  section.onkeydown = ({ key }) => {
    if (key !== 'Escape' || !isOpen()) return;
    toggle();
    fold.focus();
  };
  const host = h('div', { 'data-solotab-devtools': knowledge.scope });
  const root = host.attachShadow({ mode: 'open' });
  try {
    // A page can forbid <style> by its policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Before Chrome 73, Firefox 101 and Safari 16.4 a sheet can't be made.
    root.append(h('style', {}, STYLE));
  }
  root.append(section);
  target.append(host);

  function isOpen(): boolean {
    return !section.classList.contains('folded');
  }

  function toggle(): void {
    section.classList.toggle('folded');
    fold.textContent = isOpen() ? '–' : '+';
    fold.setAttribute('aria-expanded', String(isOpen()));
    ports.unfolded();
  }

  async function copyReport(): Promise<void> {
    const text = asText(report(published.checked));
    try {
      await ports.copy(text);
      say('Copied.');
    } catch {
      // Not allowed, or no secure context.
      const field = h('textarea', { 'aria-label': 'The report' }, text);
      body.prepend(field);
      field.select();
      field.onblur = () => field.remove();
    }
  }

  function say(text: string): void {
    // A status is read out whenever it is written.
    if (state.textContent !== text) state.textContent = text;
  }

  function show(): void {
    const known = report(published.checked);
    const { phase, guarantee } = known.snapshot;
    say(`${knowledge.scope}: ${phase}, ${guarantee}`);
    const reason = known.refused ?? 'No call of this tab was refused.';
    if (why.textContent !== reason) why.textContent = reason;
    why.classList.toggle('refused', known.refused !== null);
    tabs.replaceChildren(
      ...knowledge.lanes.list().map((lane) => {
        const title = `${lane.id} ${lane.presence?.path ?? ''}`;
        return h(
          'li',
          { title },
          h('b', {}, laneName(knowledge, lane)),
          h('small', {}, laneFacts(knowledge, lane).join(', ')),
        );
      }),
    );
    events.show(eventLines(knowledge, known));
    locks.show(lockLines(knowledge));
    record.show(recordLines(known));
  }

  return {
    show,
    isOpen,
    draw: (now: number) => drawTimeline(elements, picture, knowledge, now),
    remove: () => host.remove(),
  };
}

/** What an app publishes can be cloned, and may be no JSON: a cycle, a bigint. */
function asText(report: Report): string {
  const above: unknown[] = [];
  return JSON.stringify(
    report,
    function (this: unknown, _, value: unknown) {
      if (typeof value === 'bigint') return `${value}n`;
      if (typeof value !== 'object' || value === null) return value;
      // `this` is what holds the value: whatever comes after it is of another branch.
      while (above.length > 0 && above[above.length - 1] !== this) above.pop();
      if (above.includes(value)) return '[circular]';
      above.push(value);
      return value;
    },
    2,
  );
}
