/** The picture of the last minute: a lane for each tab, phases as bars, events as marks, moves of the session as arrows. */
import { timeOf } from './browser';
import type { Elements } from './elements';
import { happened } from './happened';
import type { Knowledge } from './knowledge';
import { type Lane, SHOWN_MS } from './lanes';
import { laneFacts, laneName } from './words';

/** Of a lane in the picture, and of its label beside it. */
export const LANE_HEIGHT = 40;
const AXIS_HEIGHT = 18;
const TICK_MS = 15_000;

/** The number of an error needs this much room. */
const CODE_WIDTH = 30;

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
      s('line', { x1: x, x2: x, y1: 0, y2: height }),
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
  for (const { at, tabId, what, code = '', from } of happened(knowledge, false)) {
    const row = rowOf(tabId);
    if (row < 0 || at < now - SHOWN_MS) continue;
    const [x, y] = [xOf(at), yOf(row)];
    const title = s('title', {}, `${timeOf(at)} ${what} ${code}`);
    const start = from === undefined ? -1 : rowOf(from);
    if (start >= 0) {
      const way = row > start ? 1 : -1;
      const tip = y - way * 9;
      const head = `M${x - 4} ${tip - way * 5} L${x} ${tip} L${x + 4} ${tip - way * 5}`;
      parts.push(s('path', { d: `M${x} ${yOf(start)} V${tip} ${head}` }, title));
    } else if (code === '') parts.push(s('circle', { cx: x, cy: y, r: 3 }, title));
    else {
      parts.push(s('line', { x1: x, x2: x, y1: y - 10, y2: y + 10, class: 'error' }, title));
      // Where they crowd, the line and its title have to do.
      if ((free[row] ?? 0) > x) continue;
      free[row] = x + CODE_WIDTH;
      parts.push(s('text', { x, y: y - 11 }, String(code)));
    }
  }
  picture.setAttribute('viewBox', `0 0 ${width} ${height + AXIS_HEIGHT}`);
  picture.setAttribute('height', String(height + AXIS_HEIGHT));
  picture.setAttribute('aria-label', summaryOf(knowledge, lanes));
  picture.replaceChildren(...parts);
}

/** The picture in words. */
function summaryOf(knowledge: Knowledge, lanes: readonly Lane[]): string {
  const states = lanes.map((lane) => {
    const last = lane.spans[lane.spans.length - 1];
    return [
      `tab ${laneName(knowledge, lane)}`,
      last?.to === null ? last.phase : 'gone',
      ...laneFacts(knowledge, lane),
    ].join(', ');
  });
  return `The last ${SHOWN_MS / 1000} seconds. Now: ${states.join('; ')}.`;
}
