import type { EnginePage, Tab } from '../support/tab';
import type { Place } from './actions';

/** What some engines can do. */
export interface ChaosPage extends EnginePage {
  stop?(): Promise<void>;
  wake?(): void;
  readonly duplicate?: () => Promise<ChaosPage>;
}

/** One tab of the round, and the documents that follow each other in it. */
export interface Slot {
  readonly index: number;
  readonly process: number;
  tab: Tab<ChaosPage> | null;
  place: Place;
  /** What happens to this tab, one thing after the other. */
  lane: Promise<void>;
  /** The document that was left. */
  left: string;
  /** What its `sessionStorage` held when it was closed. */
  kept: Readonly<Record<string, string>> | null;
  /** The page by which its process was stopped. */
  stopped: ChaosPage | null;
}

export function tabOf({ index, tab }: Slot): Tab<ChaosPage> {
  if (!tab) throw new Error(`Tab ${index} was never opened.`);
  return tab;
}
