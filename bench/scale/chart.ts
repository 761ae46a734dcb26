/** Cost as the work grows: time per call above, memory below, in one SVG that suits light and dark pages. */
import type { Step, Work } from './work';

const PANEL = { width: 240, height: 96, gap: 40, left: 20, top: 62 };

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .faint { fill: #6e7781; }
  .grid { stroke: #d0d7de; }
  path { fill: none; stroke-width: 2; stroke-linejoin: round; stroke: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #8d96a0; } .grid { stroke: #30363d; } path { stroke: #3fb950; }
  }`;

export function scaleChart(all: readonly Work[]): string {
  const [width, height] = [all.length * (PANEL.width + PANEL.gap), 360];
  const panels = all.flatMap(({ name, unit, timed, heapOf, steps }, index) => {
    const x = PANEL.left + index * (PANEL.width + PANEL.gap);
    return [
      `<text x="${x}" y="48">${name}</text>`,
      panel(steps, x, PANEL.top, `${timed}, ms`, ({ ms }) => ms),
      panel(steps, x, PANEL.top + PANEL.height + 46, `heap of ${heapOf}, kB`, ({ heapMb }) => heapMb * 1024),
      `<text class="faint" x="${x + PANEL.width}" y="${height - 24}" text-anchor="end">${lastOf(steps).toLocaleString('en')} ${unit}</text>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>What a call and its memory cost as the work grows</title>
<style>${STYLE}
</style>
<text class="title" x="${PANEL.left}" y="24">Cost as the work grows: a level line is no growth</text>
${panels.join('\n')}
</svg>
`;
}

/** From zero up: what grows is seen to grow. */
function panel(steps: readonly Step[], x: number, y: number, title: string, value: (step: Step) => number): string {
  const most = 1.5 * Math.max(...steps.map(value));
  const points = steps.map((step) => {
    const across = x + (step.done / lastOf(steps)) * PANEL.width;
    const up = y + PANEL.height - (value(step) / most) * PANEL.height;
    return `${across.toFixed(1)} ${up.toFixed(1)}`;
  });
  const bottom = y + PANEL.height;
  const last = steps[steps.length - 1];
  return [
    `<line class="grid" x1="${x}" x2="${x + PANEL.width}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="faint" x="${x}" y="${y + 12}">${title}${last ? `: ${value(last).toPrecision(3)}` : ''}</text>`,
    `<path d="M${points.join(' L')}"/>`,
  ].join('\n');
}

function lastOf(steps: readonly Step[]): number {
  return steps[steps.length - 1]?.done ?? 1;
}
