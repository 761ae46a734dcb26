import { vi } from 'vitest';

/** Waits until `check` passes: as long as a busy machine may take, and not only for a second. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 20_000 });
}
