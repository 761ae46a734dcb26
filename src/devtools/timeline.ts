/** The picture of the last minute: a lane for each tab, phases as bars, events as marks, moves of the session as arrows. */
import { timeOf } from './browser';
import type { Elements } from './elements';
import type { Knowledge } from './knowledge';
import { type Lane, SHOWN_MS } from './lanes';
import { movesOf } from './report';
import { laneFacts, laneName } from './words';

/** Of a lane in the picture, and of its label beside it. */
export const LANE_HEIGHT = 40;
const AXIS_HEIGHT = 18;
const TICK_MS = 15_000;

/** The number of an error needs this much room. */
const CODE_WIDTH = 30;

interface Mark {
  readonly at: number;
  readonly tabId: string;
  readonly title: string;
  readonly code?: number | undefined;
}

export function drawTimeline({ s }: Elements, picture: SVGElement, knowledge: Knowledge, now: number): void {
  const width = Math.max(160, picture.clientWidth);
  const lanes = knowledge.lanes.list();
  const height = lanes.length * LANE_HEIGHT;
  const xOf = (at: number): number => Math.round(Math.max(0, 1 - (now - at) / SHOWN_MS) * (width - 6) * 10) / 10;
  const rowOf = (tabId: string): number => lanes.findIndex((lane) => lane.tabId === tabId);
  const yOf = (row: number): number => row * LANE_HEIGHT + LANE_HEIGHT / 2;
  const parts: SVGElement[] = [];

  for (let ago = 0; ago < SHOWN_MS; ago += TICK_MS) {
    const x = xOf(now - ago);
    parts.push(
      s('line', { x1: x, x2: x, y1: 0, y2: height, class: 'grid' }),
      s('text', { x, y: height + 13 }, ago === 0 ? 'now' : `${ago / 1000} s`),
    );
  }
  lanes.forEach(({ spans }, row) => {
    for (const { phase, isHost, from, to } of spans) {
      const [left, half] = [xOf(from), isHost ? 8 : 2];
      const size = { width: Math.max(1.5, xOf(to ?? now) - left), height: half * 2, rx: 2 };
      parts.push(s('rect', { x: left, y: yOf(row) - half, ...size, class: phase }));
    }
  });
  const free: number[] = [];
  for (const { at, tabId, title, code } of marksOf(knowledge)) {
    const row = rowOf(tabId);
    if (row < 0 || at < now - SHOWN_MS) continue;
    const [x, y] = [xOf(at), yOf(row)];
    const said = s('title', {}, `${timeOf(at)} ${title}`);
    if (code === undefined) parts.push(s('circle', { cx: x, cy: y, r: 3 }, said));
    else {
      parts.push(s('line', { x1: x, x2: x, y1: y - 10, y2: y + 10, class: 'error' }, said));
      // Where they crowd, the line and its title have to do.
      if ((free[row] ?? 0) > x) continue;
      free[row] = x + CODE_WIDTH;
      parts.push(s('text', { x, y: y - 11, class: 'error' }, String(code)));
    }
  }
  for (const { at, from, to } of movesOf(knowledge)) {
    const [start, end] = [rowOf(from), rowOf(to)];
    if (start < 0 || end < 0 || at < now - SHOWN_MS) continue;
    const [x, way] = [xOf(at), end > start ? 1 : -1];
    const tip = yOf(end) - way * 9;
    const head = `M${x - 4} ${tip - way * 5} L${x} ${tip} L${x + 4} ${tip - way * 5}`;
    parts.push(s('path', { d: `M${x} ${yOf(start)} V${tip} ${head}` }));
  }
  picture.setAttribute('viewBox', `0 0 ${width} ${height + AXIS_HEIGHT}`);
  picture.setAttribute('height', String(height + AXIS_HEIGHT));
  picture.setAttribute('aria-label', summaryOf(knowledge, lanes));
  picture.replaceChildren(...parts);
}

/** In the order in which they happened. */
function marksOf(knowledge: Knowledge): Mark[] {
  const events = knowledge
    .entries()
    .map(({ at, tabId, type, error }) => ({ at, tabId, title: type, code: error?.code }));
  const refusals = knowledge.refusals().map((refused) => ({ ...refused, title: `refused, ${refused.code}` }));
  const commands = knowledge
    .commands()
    .map(({ at, tabId, name, state }) => ({ at, tabId, title: `${name}: ${state}` }));
  return [...events, ...refusals, ...commands].sort((a, b) => a.at - b.at);
}

/** The picture in words. */
function summaryOf(knowledge: Knowledge, lanes: readonly Lane[]): string {
  const states = lanes.map((lane) => {
    const last = lane.spans[lane.spans.length - 1];
    return [`tab ${laneName(lane)}`, last?.to === null ? last.phase : 'gone', ...laneFacts(knowledge, lane)].join(', ');
  });
  return `The last ${SHOWN_MS / 1000} seconds. Now: ${states.join('; ')}.`;
}
