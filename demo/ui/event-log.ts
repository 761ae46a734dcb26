/** The running log: what this tab heard, newest first, with who said it. */
import { h } from './dom';
import { shortId, tabMark } from './tab-mark';

/** Enough to scroll through; older entries go. */
const MAX_ENTRIES = 200;

export interface LogEntry {
  readonly type: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The tab in which it happened, if it is one's. */
  readonly tabId?: string;
  readonly code?: number;
  /** The SDK's name of the code, a reason, a name. */
  readonly detail?: string;
  /** Number in the journal; null for what only this tab hears. */
  readonly seq: number | null;
}

export function createEventLog(ownTabId: string) {
  const entries = h('ol', { class: 'log-entries', 'data-testid': 'log' });
  const empty = h(
    'p',
    { class: 'log-empty' },
    'Nothing yet. What happens to the session in any tab is written down here.',
  );
  // The list is the live region: it must be there before its first entry, or that one is not read out.
  const element = h(
    'div',
    { class: 'log', role: 'log', 'aria-live': 'polite', 'aria-label': 'Events of the session', tabindex: '0' },
    empty,
    entries,
  );

  function add({ type, at, tabId, code, detail = '', seq }: LogEntry): void {
    empty.remove();
    const heard = seq === null ? 'here' : `#${seq}`;
    const entry = h(
      'li',
      {
        'data-testid': 'log-entry',
        'data-type': type,
        'data-code': code ?? '',
        'data-local': seq === null,
        'data-origin': tabId === undefined ? '' : tabId === ownTabId ? 'this' : shortId(tabId),
      },
      h('time', { datetime: new Date(at).toISOString() }, clockTime(at)),
      h(
        'span',
        { class: 'log-name' },
        ...(code === undefined ? [] : [h('b', { class: 'log-code' }, String(code)), ' ']),
        type,
      ),
      h('span', { class: 'log-detail' }, ...breakable(detail)),
      h('span', { class: 'log-origin' }, ...(tabId === undefined ? [] : [tabMark(tabId, ownTabId)])),
      h('span', { class: 'log-seq', title: seq === null ? 'Only this tab heard it' : 'Number in the journal' }, heard),
    );
    entries.prepend(entry);
    while (entries.childElementCount > MAX_ENTRIES) entries.lastElementChild?.remove();
  }

  return { element, add };
}

/** A long name in capitals may break after each underscore. */
function breakable(text: string): (string | HTMLElement)[] {
  return text.split('_').flatMap((word, index) => (index === 0 ? [word] : ['_', h('wbr'), word]));
}

function clockTime(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
