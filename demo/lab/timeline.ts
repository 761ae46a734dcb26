/** The lab's picture of time: a lane for each tab, phases as bars, events as marks, hand-overs as arrows. */
import type { Phase } from 'solotab';
import { s } from '../ui/dom';
import type { TabsEvent } from './tabs';

const SHOWN_MS = 20_000;
const TICK_MS = 5_000;
const LANE_HEIGHT = 52;
const AXIS_HEIGHT = 24;
const LABEL_WIDTH = 34;
/** Of the number of an error, with some air. */
const CODE_WIDTH = 30;
/** Often enough to look like a flow, seldom enough to cost nothing. */
const REDRAW_MS = 100;

interface Span {
  readonly phase: Phase;
  readonly hosts: boolean;
  readonly from: number;
  to: number | null;
}

interface Mark {
  readonly at: number;
  readonly type: string;
  readonly code: number | null;
  readonly local: boolean;
}

interface Lane {
  readonly spans: Span[];
  readonly marks: Mark[];
  tabId: string | null;
}

interface Arrow {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

export function createTimeline() {
  const element = s('svg', { class: 'timeline', role: 'img', 'data-testid': 'timeline' });
  const lanes = new Map<string, Lane>();
  let arrows: Arrow[] = [];
  let lastHost: string | null = null;
  let lastChange = performance.now();
  let isRunning = false;

  function hear(event: TabsEvent): void {
    const now = performance.now();
    lastChange = now;
    const lane = laneOf(event.label);
    switch (event.type) {
      case 'opened':
        break;
      case 'closed':
      case 'reloaded':
        endSpan(lane, now);
        lane.tabId = null;
        lane.marks.push({ at: now, type: event.type, code: null, local: true });
        break;
      case 'state': {
        const { phase, hostTabId, tabId } = event.state;
        const hosts = hostTabId === tabId;
        lane.tabId = tabId;
        const span = lane.spans.at(-1);
        if (span?.to !== null || span.phase !== phase || span.hosts !== hosts) {
          endSpan(lane, now);
          lane.spans.push({ phase, hosts, from: now, to: null });
        }
        if (hosts && lastHost !== null && lastHost !== event.label && phase !== 'idle') {
          arrows.push({ at: now, from: lastHost, to: event.label });
        }
        if (hosts) lastHost = event.label;
        else if (phase === 'idle') lastHost = null;
        break;
      }
      case 'event': {
        const { type, code = null, seq } = event.entry;
        lane.marks.push({ at: now, type, code, local: seq === null });
        break;
      }
    }
    run();
  }

  function laneOf(label: string): Lane {
    const known = lanes.get(label);
    if (known) return known;
    const lane: Lane = { spans: [], marks: [], tabId: null };
    lanes.set(label, lane);
    return lane;
  }

  /** Draws until everything that happened has left the picture on the left. */
  function run(): void {
    if (isRunning) return;
    isRunning = true;
    const step = () => {
      const now = performance.now();
      forget(now);
      render(now);
      isRunning = now - lastChange < SHOWN_MS;
      if (isRunning) setTimeout(() => requestAnimationFrame(step), REDRAW_MS);
    };
    requestAnimationFrame(step);
  }

  function forget(now: number): void {
    const first = now - SHOWN_MS;
    arrows = arrows.filter(({ at }) => at > first);
    for (const [label, lane] of lanes) {
      const gone = lane.spans.findIndex(({ to }) => to === null || to > first);
      lane.spans.splice(0, gone < 0 ? lane.spans.length : gone);
      const old = lane.marks.findIndex(({ at }) => at > first);
      lane.marks.splice(0, old < 0 ? lane.marks.length : old);
      if (lane.tabId === null && lane.spans.length === 0 && lane.marks.length === 0) lanes.delete(label);
    }
  }

  function render(now: number): void {
    const width = Math.max(320, element.clientWidth || 0);
    const labels = [...lanes.keys()].sort();
    const height = labels.length * LANE_HEIGHT + AXIS_HEIGHT;
    const xOf = (at: number) => LABEL_WIDTH + Math.max(0, 1 - (now - at) / SHOWN_MS) * (width - LABEL_WIDTH - 8);
    const yOf = (label: string) => labels.indexOf(label) * LANE_HEIGHT + LANE_HEIGHT / 2 + 6;
    element.setAttribute('viewBox', `0 0 ${width} ${height}`);
    element.setAttribute('height', String(height));
    element.setAttribute('aria-label', summaryOf(lanes));
    const parts: SVGElement[] = [];
    for (let ago = 0; ago < SHOWN_MS; ago += TICK_MS) {
      const x = xOf(now - ago);
      parts.push(
        s('line', { x1: x, x2: x, y1: 0, y2: height - AXIS_HEIGHT, class: 'grid' }),
        s('text', { x, y: height - 6, class: 'tick' }, ago === 0 ? 'now' : `${ago / 1000} s ago`),
      );
    }
    for (const label of labels) {
      const lane = laneOf(label);
      const y = yOf(label);
      parts.push(s('text', { x: 4, y: y + 5, class: 'lane-label' }, label));
      for (const { phase, hosts, from, to } of lane.spans) {
        const left = xOf(from);
        const half = hosts ? 11 : 3;
        const bar = { x: left, y: y - half, width: Math.max(1.5, xOf(to ?? now) - left), height: half * 2, rx: 3 };
        parts.push(s('rect', { ...bar, class: 'bar', 'data-phase': phase, 'data-hosts': hosts }));
      }
      // Where errors crowd, their numbers stand above and below the lane in turn; what fits nowhere has its line and title.
      const places = [
        { y: y - 15, free: Number.NEGATIVE_INFINITY },
        { y: y + 22, free: Number.NEGATIVE_INFINITY },
      ];
      for (const { at, type, code, local } of lane.marks) {
        const title = s('title', {}, code === null ? type : `${code} ${type}`);
        const x = xOf(at);
        if (code === null) parts.push(s('circle', { cx: x, cy: y, r: 3, class: 'mark', 'data-type': type }, title));
        else {
          parts.push(s('line', { x1: x, x2: x, y1: y - 14, y2: y + 14, class: 'error-line' }, title));
          const place = places.find(({ free }) => free <= x);
          if (!place) continue;
          place.free = x + CODE_WIDTH;
          parts.push(s('text', { x, y: place.y, class: local ? 'error-code local' : 'error-code' }, String(code)));
        }
      }
    }
    for (const { at, from, to } of arrows) {
      if (!labels.includes(from) || !labels.includes(to)) continue;
      const [x, y1, y2] = [xOf(at), yOf(from), yOf(to)];
      const way = y2 > y1 ? 1 : -1;
      const tip = y2 - way * 12;
      parts.push(
        s('path', {
          d: `M${x} ${y1 + way * 4} V${tip} M${x - 5} ${tip - way * 7} L${x} ${tip} L${x + 5} ${tip - way * 7}`,
          class: 'arrow',
        }),
      );
    }
    element.replaceChildren(...parts);
  }

  addEventListener('resize', run);
  return { element, hear };
}

function endSpan(lane: Lane, now: number): void {
  const span = lane.spans.at(-1);
  if (span?.to === null) span.to = now;
}

/** The picture in words, for those who can't see it. */
function summaryOf(lanes: ReadonlyMap<string, Lane>): string {
  const states = [...lanes].sort().map(([label, { spans }]) => {
    const span = spans.at(-1);
    return span?.to === null ? `tab ${label} ${span.phase}${span.hosts ? ', host' : ''}` : `tab ${label} closed`;
  });
  return `Timeline of the last ${SHOWN_MS / 1000} seconds. Now: ${states.join('; ')}.`;
}
