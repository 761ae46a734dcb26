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

/** One line for each case that has a floor, with the peers side by side: medians. */
export function overviewTable(figures: readonly Figure[]): string {
  const lines = [
    `| | floor | ${OURS} | × floor | ${PEERS.join(' | ')} |`,
    `|---|--:|--:|:--|${PEERS.map(() => '--:|').join('')}`,
  ];
  for (const { title, cases } of figures) {
    for (const measured of cases) {
      const { floor, unit } = measured;
      const summaries = new Map(summarize(measured).map((summary) => [summary.subject, summary]));
      const ours = summaries.get(OURS);
      if (floor === undefined || unit === 'count' || !ours) continue;
      const median = (subject: string): string => {
        const summary = summaries.get(subject);
        return summary ? formatMedian(summary) : '–';
      };
      const verdict =
        ours.isMet === null ? '' : ours.isMet ? `✓ ${formatTarget(measured)}` : `✗ ${formatTarget(measured)}`;
      const cells = [
        `${title}: ${measured.title}, ${unit}`,
        median(floor),
        `**${median(OURS)}**`,
        `${formatRatio(ours)} ${verdict}`,
        ...PEERS.map(median),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return lines.join('\n');
}
