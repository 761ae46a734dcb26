/** How the cost grows with the number of tabs: a curve for each subject, in one SVG that suits light and dark pages. */
import { type Figure, OURS, summarize } from '../measurement';
import { escapeText, STYLE } from './chart';
import { formatNumber } from './format';

const WIDTH = 860;
const PANEL = { width: 360, height: 240, left: 56, top: 64, gap: 70 };

type Point = readonly [tabs: number, ms: number];

/** One panel for each curve that the cases of `figures` are points of. */
export function growthChart(figures: readonly Figure[]): string {
  const panels = new Map<string, Map<string, Point[]>>();
  for (const measured of figures.flatMap(({ cases }) => cases)) {
    const { point } = measured;
    if (!point) continue;
    const lines = panels.get(point.curve) ?? new Map<string, Point[]>();
    panels.set(point.curve, lines);
    for (const { subject, median } of summarize(measured)) {
      lines.set(subject, [...(lines.get(subject) ?? []), [point.tabs, median]]);
    }
  }
  const drawn = [...panels].map(([title, lines], index) => drawPanel(title, lines, index));
  const height = PANEL.top + PANEL.height + 60;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>How the cost grows with the number of tabs: medians in milliseconds</title>
<style>${STYLE}
  .line { fill: none; stroke-width: 2; }
  .line.floor { stroke: #afb8c1; fill: none; } .line.peer { stroke: #8ba3c7; fill: none; } .line.ours { stroke: #1a7f37; fill: none; }
</style>
<text class="title" x="16" y="26">Medians in milliseconds, by the number of tabs</text>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel(title: string, lines: ReadonlyMap<string, readonly Point[]>, index: number): string {
  const left = PANEL.left + index * (PANEL.width + PANEL.gap);
  const points = [...lines.values()].flat();
  const most = { tabs: Math.max(...points.map(([tabs]) => tabs)), ms: Math.max(...points.map(([, ms]) => ms)) };
  const x = (tabs: number): number => Math.round(left + (tabs / most.tabs) * (PANEL.width - 110));
  const y = (ms: number): number => Math.round(PANEL.top + PANEL.height * (1 - ms / most.ms));
  const parts = [`<text class="case" x="${left - 40}" y="${PANEL.top - 16}">${escapeText(title)}</text>`];
  for (const part of [0, 0.5, 1]) {
    const ms = most.ms * part;
    parts.push(
      `<line class="grid" x1="${left}" x2="${x(most.tabs)}" y1="${y(ms)}" y2="${y(ms)}"/>`,
      `<text class="faint" x="${left - 6}" y="${y(ms) + 4}" text-anchor="end">${formatNumber(ms)}</text>`,
    );
  }
  for (const tabs of new Set(points.map(([at]) => at))) {
    parts.push(`<text class="faint" x="${x(tabs)}" y="${y(0) + 18}" text-anchor="middle">${tabs}</text>`);
  }
  let labelled = Number.NEGATIVE_INFINITY;
  const byHeight = [...lines].sort(([, a], [, b]) => (b.at(-1)?.[1] ?? 0) - (a.at(-1)?.[1] ?? 0));
  for (const [subject, curve] of byHeight) {
    const kind = subject.startsWith(OURS) ? 'ours' : subject.startsWith('bare') ? 'floor' : 'peer';
    const path = curve.map(([tabs, ms]) => `${x(tabs)},${y(ms)}`).join(' ');
    parts.push(`<polyline class="line ${kind}" points="${path}"/>`);
    // Labels of curves that end close to each other stand below one another.
    labelled = Math.max(labelled + 14, y(curve.at(-1)?.[1] ?? 0) + 4);
    parts.push(`<text x="${x(most.tabs) + 6}" y="${labelled}">${escapeText(subject)}</text>`);
  }
  return parts.join('\n');
}
