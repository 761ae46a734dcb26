/** What has to be known of the machine to read its figures. */
import { cpus, loadavg, totalmem } from 'node:os';

/** What it has to do on average, beside what is measured. */
export function machineLoad(): number {
  return loadavg()[0] ?? 0;
}

export function describeMachine(browserVersion: string, loadBefore: number): string {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  const load = `load average ${loadBefore.toFixed(1)} before and ${machineLoad().toFixed(1)} after`;
  return `Chromium ${browserVersion}, headless, on Linux with ${cpus().length} cores (${cpu?.model.trim()}) and ${memoryGb} GB; Node ${process.versions.node}; ${load}.`;
}
