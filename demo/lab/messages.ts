/** What the lab and the tabs in its frames say to each other. Same origin; each side checks whom a message is from. */
import type { Phase } from 'solotab';
import type { Role } from '../protocol';
import type { LogEntry } from '../ui/event-log';
import type { Call } from '../ui/session-panel';

/** From the lab: make a call, as a click on the button in the frame would. */
export interface LabCall {
  readonly type: 'lab-call';
  readonly call: Call;
  readonly pin?: string;
  readonly role: Role;
  readonly pinRequired: boolean;
}

/** From the lab: what the tabs are called, by their ids. */
export interface LabNames {
  readonly type: 'lab-names';
  readonly names: ReadonlyMap<string, string>;
}

/** From a tab: what it knows and what it hears. */
export type TabReport =
  | {
      readonly type: 'tab-state';
      readonly tabId: string;
      readonly phase: Phase;
      readonly hostTabId: string | null;
      readonly sessionId: string | null;
    }
  | { readonly type: 'tab-event'; readonly entry: LogEntry };

export function isLabCall(data: unknown): data is LabCall {
  return typeOf(data) === 'lab-call';
}

export function isLabNames(data: unknown): data is LabNames {
  return typeOf(data) === 'lab-names';
}

export function isTabReport(data: unknown): data is TabReport {
  const type = typeOf(data);
  return type === 'tab-state' || type === 'tab-event';
}

function typeOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null ? (data as { readonly type?: unknown }).type : undefined;
}
