import type { Case, Summary } from '../measurement';

/** Three digits that count. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export function formatRatio({ ratio }: Summary): string {
  return ratio === null ? '' : `${ratio.toFixed(2)} ×`;
}

export function formatMedian({ median, isCapped }: Summary): string {
  return `${isCapped ? '> ' : ''}${formatNumber(median)}`;
}

export function formatTarget({ target, unit }: Case): string {
  if (target?.most !== undefined) return unit === '×' ? `≤ ${target.most} ×` : `≤ ${target.most} ${unit}`;
  if (target?.more !== undefined) return `≤ ${target.more} ${unit} more`;
  return target?.ratio === undefined ? '' : `≤ ${target.ratio} × floor`;
}

export function formatVerdict({ isMet }: Summary): string {
  return isMet === null ? '' : isMet ? 'met' : 'missed';
}
