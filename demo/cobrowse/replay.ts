/**
 * Shows the customer's page as it is recorded. Each event is carried out as soon as it is there, without the replayer's own
 * clock: that one stands still while the agent looks at another tab.
 */
import { Replayer } from '@rrweb/replay';
import type { Chunk } from '../protocol';
import { h } from '../ui/dom';
import { createInbox } from './inbox';

type RecordedEvent = Parameters<Replayer['addEvent']>[0];

/** As in `@rrweb/types`, whose numbers are part of what is recorded. */
const META = 4;
const FULL_SNAPSHOT = 2;
const INCREMENTAL = 3;
const MOUSE_MOVE = 1;
const SCROLL = 3;
const VIEWPORT_RESIZE = 4;

/** A private part is an empty place, as wide as its column; what an agent draws is shown by the agent's own page. */
const STYLE = [
  '.private-part { width: 100% !important; background: repeating-linear-gradient(135deg, #8886 0 6px, #8883 6px 12px) !important; }',
  '.assist-layer { display: none !important; }',
];

export interface ReplayOptions {
  /** A piece is missing: a new picture is needed. */
  onGap(): void;
  /** A new picture is there. */
  onPicture(): void;
  /** The customer scrolled: what was drawn belongs to another place now. */
  onScroll(): void;
  /** Where the customer's mouse is, in per cent of the window. */
  onMouse(x: number, y: number): void;
}

export function createReplay({ onGap, onPicture, onScroll, onMouse }: ReplayOptions) {
  const root = h('div', { class: 'replay', 'data-testid': 'replay' });
  let replayer: Replayer | null = null;
  /** The picture before, until the next one is whole. */
  let former: Replayer | null = null;
  let width = 1;
  let height = 1;
  let documentId: unknown = null;

  const inbox = createInbox({
    onStream() {
      former?.destroy();
      former = replayer;
      replayer = new Replayer([], {
        root,
        liveMode: true,
        useVirtualDom: false,
        mouseTail: false,
        triggerFocus: false,
        showWarning: false,
        insertStyleRules: STYLE,
      });
      replayer.wrapper.classList.add('coming');
      replayer.iframe.title = 'The customer’s page';
      replayer.iframe.tabIndex = -1;
      // Every event is older than this, so none of them waits.
      replayer.startLive(Number.MAX_SAFE_INTEGER);
    },
    onText(text) {
      try {
        for (const event of parseEvents(text)) show(event);
      } catch {
        onGap();
      }
    },
    onGap,
  });

  function show(event: RecordedEvent): void {
    // The library's types say what each type of event holds; the numbers above are theirs.
    const { type, data } = event as { readonly type: number; readonly data: Record<string, unknown> };
    if (type === META || (type === INCREMENTAL && data.source === VIEWPORT_RESIZE)) resize(data);
    replayer?.addEvent(event);
    if (type === FULL_SNAPSHOT) {
      documentId = (data.node as { readonly id?: unknown } | undefined)?.id;
      former?.destroy();
      former = null;
      replayer?.wrapper.classList.remove('coming');
      onPicture();
    }
    if (type !== INCREMENTAL) return;
    if (data.source === SCROLL && data.id === documentId) onScroll();
    if (data.source === MOUSE_MOVE && Array.isArray(data.positions)) {
      const { x, y } = data.positions.at(-1);
      onMouse((x / width) * 100, (y / height) * 100);
    }
  }

  function resize(data: Record<string, unknown>): void {
    width = Math.max(1, Number(data.width) || 1);
    height = Math.max(1, Number(data.height) || 1);
    refit();
  }

  /** The page is drawn in its own size, and scaled to the room that there is. */
  function refit(): void {
    const scale = root.clientWidth / width;
    root.style.height = `${height * scale}px`;
    if (replayer) replayer.wrapper.style.transform = `scale(${scale})`;
  }

  new ResizeObserver(refit).observe(root);

  return {
    element: root,
    take: (chunk: Chunk) => inbox.take(chunk),
    /** Takes the page away. */
    forget() {
      former?.destroy();
      replayer?.destroy();
      former = null;
      replayer = null;
      root.style.height = '';
    },
  };
}

function parseEvents(text: string): readonly RecordedEvent[] {
  const events: unknown = JSON.parse(text);
  if (!Array.isArray(events) || !events.every(isEvent)) throw new Error('This is no list of events.');
  return events;
}

/** The replayer checks the rest: what it can't carry out it leaves out. */
function isEvent(value: unknown): value is RecordedEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { type, timestamp, data } = value as Record<string, unknown>;
  return typeof type === 'number' && typeof timestamp === 'number' && typeof data === 'object' && data !== null;
}
