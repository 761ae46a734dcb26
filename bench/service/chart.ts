/** Attempts per second at the service, on a logarithmic scale, in one SVG that suits light and dark pages. */
import type { Outage } from './outage';
import type { Measured } from './table';

const SIZE = { width: 760, height: 340 };
const PLOT = { left: 64, top: 56, right: 744, bottom: 262 };
const SHOWN_S = 120;
const DECADES = { first: 1, last: 6 };

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .faint { fill: #6e7781; }
  .grid { stroke: #d0d7de; }
  .down { fill: #cf222e; opacity: 0.07; }
  path { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
  .line-0 { stroke: #1a7f37; } .line-1 { stroke: #0969da; } .line-2 { stroke: #bc4c00; } .line-3 { stroke: #8250df; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #8d96a0; } .grid { stroke: #30363d; } .down { fill: #ff7b72; opacity: 0.1; }
    .line-0 { stroke: #3fb950; } .line-1 { stroke: #58a6ff; } .line-2 { stroke: #f0883e; } .line-3 { stroke: #bc8cff; }
  }`;

export function attemptsChart(all: readonly Measured[], { downMs }: Outage): string {
  const browsers = all[0]?.fleet.browsers ?? 0;
  const decades = Array.from({ length: DECADES.last - DECADES.first + 1 }, (_, index) => 10 ** (DECADES.first + index));
  const levels = decades.map((rate) => {
    const y = rateAt(rate);
    const label = `<text class="faint" x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${rate.toLocaleString('en')}</text>`;
    return `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>${label}`;
  });
  const times = [0, 30, 60, 90, 120].map(
    (s) => `<text class="faint" x="${secondAt(s)}" y="${PLOT.bottom + 18}" text-anchor="middle">${s} s</text>`,
  );
  const lines = all.map(({ scenario, fleet }, index) => {
    const rates = fleet.tally.per(1_000).slice(0, SHOWN_S);
    const points = rates.map((rate, second) => `${secondAt(second + 0.5)} ${rateAt(rate)}`).join(' L');
    const [x, y] = [index % 2 === 0 ? PLOT.left : 400, PLOT.bottom + 42 + 20 * Math.floor(index / 2)];
    const key = `<path class="line-${index}" d="M${x} ${y - 4}h22"/><text x="${x + 28}" y="${y}">${scenario.name}</text>`;
    return `<path class="line-${index}" d="M${points}"/>\n${key}`;
  });
  const title = `Attempts per second at a service that is down for a minute, ${browsers.toLocaleString('en')} browsers`;
  const middle = (secondAt(0) + secondAt(downMs / 1_000)) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" role="img">
<title>${title}, on a logarithmic scale</title>
<style>${STYLE}
</style>
<text class="title" x="16" y="26">${title}</text>
<rect class="down" x="${secondAt(0)}" y="${PLOT.top}" width="${secondAt(downMs / 1_000) - secondAt(0)}" height="${PLOT.bottom - PLOT.top}"/>
<text class="faint" x="${middle}" y="${PLOT.top - 8}" text-anchor="middle">the service is down</text>
${[...levels, ...times, ...lines].join('\n')}
</svg>
`;
}

function secondAt(second: number): number {
  return Math.round(10 * (PLOT.left + (second / SHOWN_S) * (PLOT.right - PLOT.left))) / 10;
}

/** What is less than the scale begins with lies on its lower edge. */
function rateAt(rate: number): number {
  const share = (Math.log10(Math.max(rate, 10 ** DECADES.first)) - DECADES.first) / (DECADES.last - DECADES.first);
  return Math.round(10 * (PLOT.bottom - share * (PLOT.bottom - PLOT.top))) / 10;
}
