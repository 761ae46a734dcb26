/** The figures as text: for the console, and as Markdown. */
import { type Figure, OURS, summarize } from '../measurement';
import { formatMedian, formatNumber, formatRatio, formatTarget } from './format';

const PEERS = ['broadcast-channel', 'tab-election', 'browser-tabs-lock'];

export function consoleTable(figures: readonly Figure[]): string {
  const lines: string[] = [];
  for (const figure of figures) {
    lines.push('', `${figure.number}. ${figure.title}`);
    for (const measured of figure.cases) {
      lines.push(`   ${measured.title} (${measured.unit}) ${formatTarget(measured)}`);
      for (const summary of summarize(measured)) {
        const cells = [
          summary.subject.padEnd(42),
          formatMedian(summary).padStart(10),
          `p95 ${formatNumber(summary.p95)}`.padStart(14),
          `n ${summary.count}`.padStart(7),
          formatRatio(summary).padStart(10),
        ];
        const verdict = summary.isMet === null ? '' : summary.isMet ? '  met' : '  MISSED';
        lines.push(`      ${cells.join('')}${verdict}${summary.note ? `  (${summary.note})` : ''}`);
      }
    }
  }
  return lines.join('\n');
}

export function markdownTable(figures: readonly Figure[]): string {
  const lines = ['| | | median | p95 | × floor |', '|---|---|--:|--:|--:|'];
  for (const { number, title, cases } of figures) {
    lines.push(`| **${number}** | **${title}** | | | |`);
    for (const measured of cases) {
      const target = formatTarget(measured);
      lines.push(`| | *${measured.title}*${target && ` (${target})`} | ${measured.unit} | ${measured.unit} | |`);
      for (const summary of summarize(measured)) {
        const { subject, count, isCapped, isMet, note, p95 } = summary;
        const name = subject === 'solotab' ? `**${subject}**` : subject;
        const ratio = `${formatRatio(summary)}${isMet === null ? '' : isMet ? ' ✓' : ' ✗'}`;
        const details = [note, count < 3 && !isCapped ? `n = ${count}` : null].filter((detail) => detail !== null);
        const label = details.length > 0 ? `${name}; ${details.join('; ')}` : name;
        lines.push(`| | ${label} | ${formatMedian(summary)} | ${isCapped ? '' : formatNumber(p95)} | ${ratio} |`);
      }
    }
  }
  return lines.join('\n');
}

/** One line for each figure, of its first case that has a floor, with the peers side by side: medians. */
export function overviewTable(figures: readonly Figure[]): string {
  const subjects = ['floor', `**${OURS}**`, '× floor', ...PEERS];
  const lines = [row('What is measured', ...subjects), row('---', ...subjects.map(() => '--:'))];
  for (const { title, cases } of figures) {
    const measured = cases.find(({ floor, unit }) => floor !== undefined && unit !== 'count');
    if (!measured) continue;
    const summaries = summarize(measured);
    const median = (name: string | undefined): string => {
      const summary = summaries.find(({ subject }) => subject === name);
      return summary ? formatMedian(summary) : '–';
    };
    const ours = summaries.find(({ subject }) => subject === OURS);
    const target = formatTarget(measured);
    const ratio = [ours && formatRatio(ours), target && `(${target} ${ours?.isMet ? '✓' : '✗'})`].join(' ');
    const label = `${title}: ${measured.title}, ${measured.unit}`;
    lines.push(row(label, median(measured.floor), `**${median(OURS)}**`, ratio, ...PEERS.map(median)));
  }
  return lines.join('\n');
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
