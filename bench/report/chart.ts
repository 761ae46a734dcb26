/** The figures that say most, as bars on a logarithmic scale, in one SVG that suits light and dark pages. */
import { type Case, type Figure, OURS, type Summary, summarize } from '../measurement';
import { formatMedian } from './format';

const WIDTH = 860;
const LABEL_WIDTH = 250;
const BAR_WIDTH = 480;
const ROW = 20;
const GAP = 34;
const TOP = 56;

/** From 0.1 ms to 30 s. */
const DECADES = { first: -1, last: 4.5 };

export const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .case { font-weight: 600; }
  .faint { fill: #6e7781; }
  .grid { stroke: #d0d7de; }
  .floor { fill: #afb8c1; } .peer { fill: #8ba3c7; } .ours { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #8d96a0; } .grid { stroke: #30363d; }
    .floor { fill: #57606a; } .peer { fill: #4a6a9b; } .ours { fill: #3fb950; }
  }`;

/** `figures` of which each case in milliseconds that `shows` becomes a group of bars. */
export function chart(figures: readonly Figure[], shows: (figure: Figure, measured: Case) => boolean): string {
  const parts: string[] = [];
  let y = TOP;
  for (const figure of figures) {
    for (const measured of figure.cases) {
      if (measured.unit !== 'ms' || !shows(figure, measured)) continue;
      parts.push(
        `<text class="case" x="16" y="${y}">${escapeText(measured.headline ?? `${figure.title}: ${measured.title}`)}</text>`,
      );
      y += 8;
      for (const summary of summarize(measured)) {
        parts.push(bar(summary, y, summary.subject === measured.floor));
        y += ROW;
      }
      y += GAP;
    }
  }
  const height = y;
  const grid = [0.1, 1, 10, 100, 1_000, 10_000].map(
    (ms) =>
      `<line class="grid" x1="${at(ms)}" x2="${at(ms)}" y1="${TOP - 18}" y2="${height - 28}"/>` +
      `<text class="faint" x="${at(ms)}" y="${height - 12}" text-anchor="middle">${ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>solotab, its peers and the bare browser primitives: medians in milliseconds, on a logarithmic scale</title>
<style>${STYLE}
</style>
<text class="title" x="16" y="26">Medians, on a logarithmic scale: shorter is faster</text>
${[...grid, ...parts].join('\n')}
</svg>
`;
}

function bar(summary: Summary, y: number, isFloor: boolean): string {
  const { subject, median } = summary;
  const kind = subject.startsWith(OURS) ? 'ours' : isFloor || /^(bare|IndexedDB)/.test(subject) ? 'floor' : 'peer';
  const width = Math.max(1, at(median) - LABEL_WIDTH);
  const middle = y + ROW / 2 + 4;
  return [
    `<text x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${escapeText(subject)}</text>`,
    `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="2"/>`,
    `<text class="faint" x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${middle}">${formatMedian(summary)} ms</text>`,
  ].join('\n');
}

function at(ms: number): number {
  const decade = Math.min(Math.max(Math.log10(Math.max(ms, 1e-9)), DECADES.first), DECADES.last);
  return LABEL_WIDTH + ((decade - DECADES.first) / (DECADES.last - DECADES.first)) * BAR_WIDTH;
}

export function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
