/** The figures as text: for the console, and as Markdown. */
import { type Case, type Figure, OURS, type Summary, summarize } from '../measurement';
import { formatMedian, formatNumber, formatRatio, formatTarget, formatVerdict } from './format';

const PEERS = ['broadcast-channel', 'tab-election', 'browser-tabs-lock'];

export function consoleTable(figures: readonly Figure[]): string {
  const lines: string[] = [];
  for (const { name, title, cases } of figures) {
    lines.push('', `${name}: ${title}`);
    for (const measured of cases) {
      const target = formatTarget(measured);
      lines.push(`   ${measured.title} (${measured.unit})${target && `, target ${target}`}`);
      for (const summary of summarize(measured)) {
        const cells = [
          summary.subject.padEnd(42),
          formatMedian(summary).padStart(10),
          `p95 ${formatNumber(summary.p95)}`.padStart(14),
          `n ${summary.count}`.padStart(8),
          formatRatio(summary).padStart(10),
          formatVerdict(summary).padStart(8),
        ];
        lines.push(`      ${cells.join('')}${summary.note ? `  (${summary.note})` : ''}`.trimEnd());
      }
    }
  }
  return lines.join('\n');
}

/** All there is a target for, and whether it is met. */
export function targetsTable(figures: readonly Figure[]): string {
  const lines = [
    row('', 'target', 'floor', `**${OURS}**`, '× floor', ''),
    row('---', '---', '--:', '--:', '--:', '---'),
  ];
  for (const { title, cases } of figures) {
    for (const measured of cases) {
      if (!measured.target) continue;
      const summaries = summarize(measured);
      const ours = summaries.find(({ subject }) => subject === OURS);
      if (!ours) continue;
      const label = `${title}: ${measured.title}${measured.unit === 'count' || measured.unit === '×' ? '' : `, ${measured.unit}`}`;
      const verdict = ours.isMet ? 'met' : '**missed**';
      lines.push(
        row(
          label,
          formatTarget(measured),
          medianIn(summaries, measured.floor),
          formatMedian(ours),
          formatRatio(ours),
          verdict,
        ),
      );
    }
  }
  return lines.join('\n');
}

export function markdownTable(figures: readonly Figure[]): string {
  const lines = [row('', '', 'median', 'p95', '× floor'), row('---', '---', '--:', '--:', '--:')];
  for (const { name, title, cases } of figures) {
    lines.push(row(`**${name}**`, `**${title}**`, '', '', ''));
    for (const measured of cases) {
      const target = formatTarget(measured);
      const { unit } = measured;
      lines.push(row('', `*${measured.title}*${target && ` (target ${target})`}`, unit, unit, ''));
      for (const summary of summarize(measured)) {
        const { subject, count, isCapped, note, p95 } = summary;
        const label = subject === OURS ? `**${subject}**` : subject;
        const details = [note, count < 3 && !isCapped ? `n = ${count}` : null].filter((detail) => detail !== null);
        lines.push(
          row(
            '',
            [label, ...details].join('; '),
            formatMedian(summary),
            isCapped ? '' : formatNumber(p95),
            [formatRatio(summary), formatVerdict(summary)].filter(Boolean).join(' '),
          ),
        );
      }
    }
  }
  return lines.join('\n');
}

/** One line for each case that has a headline, with the peers side by side: medians. */
export function overviewTable(figures: readonly Figure[]): string {
  const subjects = ['floor', `**${OURS}**`, '× floor', 'target', ...PEERS];
  const lines = [row('', ...subjects), row('---', ...subjects.map(() => '--:'))];
  for (const measured of figures.flatMap(({ cases }) => cases)) {
    if (measured.headline === undefined) continue;
    const summaries = summarize(measured);
    const ours = summaries.find(({ subject }) => subject === OURS);
    lines.push(
      row(
        `${measured.headline}, ${measured.unit}`,
        medianIn(summaries, measured.floor),
        `**${medianIn(summaries, OURS)}**`,
        ours ? formatRatio(ours) : '',
        targetAndVerdict(measured, ours),
        ...PEERS.map((peer) => medianIn(summaries, peer)),
      ),
    );
  }
  return lines.join('\n');
}

function targetAndVerdict(measured: Case, ours: Summary | undefined): string {
  return `${formatTarget(measured).replace(' floor', '')} ${ours?.isMet ? '✓' : '✗'}`;
}

function medianIn(summaries: readonly Summary[], name: string | undefined): string {
  const summary = summaries.find(({ subject }) => subject === name);
  return summary ? formatMedian(summary) : '–';
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
