/** What the page of the benchmarks offers to the process that drives it. */
import type { Step } from './steps';

export type SubjectName =
  | 'bare primitives'
  /** Whoever is next also writes down that it leads. */
  | 'bare claim'
  /** It is ready when it has read what is stored. */
  | 'bare look'
  /** What it tells is also stored. */
  | 'bare storing'
  /** A question and its answer. */
  | 'bare round trip'
  /** The same, and the leader's tab reads in between whether it still leads. */
  | 'bare round trip with a look'
  | 'solotab'
  /** A claim among many is over when its session is active. */
  | 'solotab, until active'
  | 'broadcast-channel'
  | 'tab-election'
  | 'browser-tabs-lock';

/** Something that is timed from its call until it resolves. */
export type Task = 'get' | 'get+put' | 'probe' | 'reject' | `${'claim' | 'refused' | 'call'} ${SubjectName}`;

export interface TimedTask {
  readonly task: Task;
  /** Only in each so many rounds: for what is slow. Default 1. */
  readonly every?: number;
  /** Calls per sample, for what is faster than the clock can tell. Default 1. */
  readonly batch?: number;
}

/** How a page begins by itself, in its address. */
export interface PageOptions {
  readonly scope?: string;
  /** Measured while the page loads. */
  readonly atLoad?: { readonly subject: SubjectName | 'nothing'; readonly act: 'open' | 'claim' | 'wait' };
  readonly recovery?: 'same-tab' | 'any-tab';
  readonly hasLocks?: boolean;
  /** What the page has its browser do is counted. */
  readonly isCounted?: boolean;
  /** When it asks for something and when it is answered is noted. */
  readonly hasSteps?: boolean;
}

export interface Counts {
  timers: number;
  messages: number;
  transactions: number;
  lockRequests: number;
}

/** What a page has heard of a flood of events. */
export interface Heard {
  readonly count: number;
  /** How often an event was not the one after the last. */
  readonly outOfOrder: number;
  /** Of every tenth: its number, and the milliseconds from its emission until it was heard. */
  readonly samples: readonly (readonly [n: number, ms: number])[];
}

/** What a page measured while it loaded. */
export interface LoadReport {
  /** From the first line of the script until the subject was ready, or led. */
  readonly ms: number;
  /** Of which the main thread was busy before the first await. */
  readonly synchronousMs: number;
  /** Wall clock, in ms since the Unix epoch, at which it was ready, or led. */
  readonly at: number;
  readonly transactions: number;
  readonly lockRequests: number;
  readonly longTasks: number;
}

/** Wall clocks: of the page that sends, of the one that hears, of the first again as the answer arrives. */
export interface RoundTrip {
  readonly subject: SubjectName;
  readonly sentAt: number;
  readonly heardAt: number;
  readonly answeredAt: number;
}

export interface BenchPage {
  /** Milliseconds since the Unix epoch; the pages of one machine agree on them to a fraction of one. */
  wall(): number;
  open(subject: SubjectName, scope: string): Promise<void>;
  claim(subject: SubjectName): Promise<void>;
  release(subject: SubjectName): Promise<void>;
  /** Milliseconds per call of each task, interleaved, with a pause between. */
  time(tasks: readonly TimedTask[], rounds: number): Promise<Partial<Record<Task, number[]>>>;
  /** Answers every message of these subjects over a channel of its own. */
  echo(subjects: readonly SubjectName[]): void;
  /** Messages of the subjects, interleaved, each answered by the page that echoes. */
  roundTrips(subjects: readonly SubjectName[], rounds: number): Promise<readonly RoundTrip[]>;
  /** Begins to wait for the leader's end. */
  wait(subject: SubjectName): void;
  /** Wall clock at which it led; null if it has not within `limitMs`. */
  ledAt(limitMs: number): Promise<number | null>;
  /** Leads by force. Resolves with the milliseconds that it took. */
  seize(subject: SubjectName): Promise<number>;
  /** Obeys what `order` says in any page. */
  obey(): void;
  /** Gives an order to all pages that obey, this one too. Resolves with the wall clock at that moment. */
  order(order: Order): Promise<number>;
  /** When this page was done with the last order, by the wall clock; null if nothing had to be done. */
  doneAt(): Promise<number | null>;
  /** Has a subject tell `perSecond` events a second for `ms` milliseconds. Resolves with how many. */
  flood(subject: SubjectName, perSecond: number, ms: number): Promise<number>;
  /** Begins to note what is heard of such a flood. */
  heed(subject: SubjectName): void;
  /** What was heard of the flood that is over. */
  heard(subject: SubjectName): Heard;
  /** What the page has had its browser do so far; null if it is not counted. */
  counts(): Counts | null;
  /** What it has asked its browser for and what was answered; empty if that is not noted. */
  steps(): readonly Step[];
  atLoad: Promise<LoadReport> | null;
}

export type Order =
  /** Everybody claims, and is done when it knows how that ended. */
  | { readonly type: 'storm'; readonly subject: SubjectName }
  /** Everybody waits for a message of the subject; whoever gives the order sends it next. */
  | { readonly type: 'relay'; readonly subject: SubjectName }
  /** Whoever has it lets go of it. */
  | { readonly type: 'release'; readonly subject: SubjectName };

declare global {
  interface Window {
    bench: BenchPage;
  }
}
