/** The live tabs of the lab: same-origin frames, and what they report. */
import type { Phase, RecoveryPolicy } from 'solotab';
import type { Role } from '../protocol';
import { h } from '../ui/dom';
import type { LogEntry } from '../ui/event-log';
import type { Call } from '../ui/session-panel';
import { isTabReport, type LabCall, type LabNames } from './messages';

/** Longer than anything that the lab lets happen. */
const PATIENCE_MS = 15_000;
const LETTERS = 'ABCDEFGH';

export interface TabState {
  readonly tabId: string;
  readonly phase: Phase;
  readonly hostTabId: string | null;
  readonly sessionId: string | null;
}

export interface CallWith {
  readonly pin?: string;
  readonly role?: Role;
  readonly pinRequired?: boolean;
}

export interface LabTab {
  readonly label: string;
  /** Null until its document has reported. */
  readonly state: TabState | null;
  call(call: Call, request?: CallWith): void;
}

/** What the lab and its experiments listen to. */
export type TabsEvent =
  | { readonly type: 'state'; readonly label: string; readonly state: TabState }
  | { readonly type: 'event'; readonly label: string; readonly entry: LogEntry };

export type LabTabs = ReturnType<typeof createLabTabs>;

export interface LabOptions {
  recovery(): RecoveryPolicy;
  /** A tab was added or closed; whether there is room for another one. */
  onCount(hasRoom: boolean): void;
}

export function createLabTabs({ recovery, onCount }: LabOptions) {
  const element = h('div', { class: 'tabs', 'data-testid': 'tabs' });
  const open = new Map<
    string,
    { readonly frame: HTMLIFrameElement; readonly figure: HTMLElement; state: TabState | null }
  >();
  /** By the id of each document that a tab has had. */
  const labels = new Map<string, string>();
  const listeners = new Set<(event: TabsEvent) => void>();
  const tell = (event: TabsEvent) => {
    for (const listener of listeners) listener(event);
  };

  addEventListener('message', ({ source, origin, data }) => {
    if (origin !== location.origin || !isTabReport(data)) return;
    for (const [label, tab] of open) {
      if (tab.frame.contentWindow !== source) continue;
      if (data.type === 'tab-event') tell({ type: 'event', label, entry: data.entry });
      else {
        const isNew = tab.state === null;
        tab.state = data;
        labels.set(data.tabId, label);
        if (isNew) tellNames();
        tell({ type: 'state', label, state: data });
      }
    }
  });

  function tellNames(): void {
    const names = new Map([...open].flatMap(([label, { state }]) => (state ? [[state.tabId, `tab ${label}`]] : [])));
    const message: LabNames = { type: 'lab-names', names };
    for (const { frame } of open.values()) frame.contentWindow?.postMessage(message, location.origin);
  }

  function add(): void {
    const label = [...LETTERS].find((letter) => !open.has(letter));
    if (label === undefined) return;
    const frame = h('iframe', { title: `Tab ${label}`, src: addressOf(label), 'data-testid': `tab-${label}` });
    const reload = h('button', { type: 'button', 'data-testid': `reload-${label}` }, 'Reload');
    const close = h('button', { type: 'button', 'data-testid': `close-${label}` }, 'Close');
    reload.setAttribute('aria-label', `Reload tab ${label}`);
    close.setAttribute('aria-label', `Close tab ${label}`);
    close.title = 'Takes it away at once, as a crash does';
    reload.addEventListener('click', () => reloadTab(label));
    close.addEventListener('click', () => remove(label));
    const figure = h('div', { class: 'tab' }, frame, h('div', { class: 'tab-tools' }, reload, close));
    open.set(label, { frame, figure, state: null });
    element.insertBefore(figure, figureAfter(label));
    onCount(open.size < LETTERS.length);
  }

  /** Keeps the tabs in the order of their letters when one takes a free letter again. */
  function figureAfter(label: string): HTMLElement | null {
    const next = [...open.keys()].sort().find((other) => other > label);
    return (next !== undefined && open.get(next)?.figure) || null;
  }

  function reloadTab(label: string): void {
    const tab = open.get(label);
    if (!tab) return;
    tab.state = null;
    tab.frame.src = addressOf(label);
  }

  function remove(label: string): void {
    open.get(label)?.figure.remove();
    open.delete(label);
    onCount(true);
  }

  function addressOf(label: string): string {
    return `/tab.html?${new URLSearchParams({ label, recovery: recovery() })}`;
  }

  function list(): LabTab[] {
    const inOrder = [...open].sort(([label], [other]) => label.localeCompare(other));
    return inOrder.map(([label, { frame, state }]) => ({
      label,
      state,
      call(call, { pin, role = 'customer', pinRequired = false } = {}) {
        const message: LabCall = { type: 'lab-call', call, role, pinRequired, ...(pin === undefined ? {} : { pin }) };
        frame.contentWindow?.postMessage(message, location.origin);
      },
    }));
  }

  function listen(listener: (event: TabsEvent) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    element,
    add,
    list,
    listen,
    /** What the tab is called that has this id now, or had it before it was reloaded. */
    nameOf: (tabId: string): string | undefined => labels.get(tabId),
    reloadAll() {
      for (const label of open.keys()) reloadTab(label);
    },
    /** Resolves once `isSo`, which is looked at after each event. Rejects if that takes too long. */
    until(isSo: (tabs: readonly LabTab[]) => boolean, what: string): Promise<void> {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          stop();
          act();
        };
        const timer = setTimeout(() => settle(() => reject(new Error(`In vain waited for ${what}.`))), PATIENCE_MS);
        const check = () => {
          if (isSo(list())) settle(resolve);
        };
        const stop = listen(check);
        check();
      });
    },
  };
}
