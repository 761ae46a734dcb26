/** What the page `pages/election.ts` offers to the scenarios of the election: one candidate, of solotab or of a peer. */

export const CONTENDERS = ['solotab/election', 'broadcast-channel', 'tab-election'] as const;
export type Contender = (typeof CONTENDERS)[number];

/** A time, by the wall clock of the machine: no script can set it. Open where `until` is null. */
export interface Span {
  readonly from: number;
  readonly until: number | null;
}

export interface Spell extends Span {
  /** Which number the leader can send to a backend; null where it is given none. */
  readonly epoch: number | null;
}

export interface CandidateState {
  /** Whether its library says that it leads. */
  readonly leads: boolean;
  /** Every time that it led, or leads. */
  readonly spells: readonly Spell[];
  /** When its page was in the back/forward cache: it did nothing there. */
  readonly pauses: readonly Span[];
  /** Uncaught errors and unhandled rejections. */
  readonly problems: readonly string[];
}

export interface CandidatePage {
  /** Milliseconds since the Unix epoch, whatever `Date` says. The pages of one machine agree on them to a fraction of one. */
  wall(): number;
  /** Stands for the lead in every page that loaded with the same scope, this one too. Resolves with the time of the shot. */
  allStand(): number;
  stand(options?: { readonly force?: boolean }): void;
  /** Gives up the lead. */
  giveUp(): Promise<void>;
  state(): CandidateState;
}

export interface CandidateConfig {
  readonly scope: string;
  readonly contender: Contender;
}

declare global {
  interface Window {
    candidate: CandidatePage;
    /** Of the script `STEPPED_CLOCK`. */
    stepClock?(ms: number): void;
  }
}
