/**
 * Everything that goes over the channel. Messages only hint: whoever gets one looks at the store, and code that would be
 * wrong if every message were lost is wrong.
 */
import { isCount, isObject, isOneOf, isText } from '../session/check';
import type { Command } from '../session/command';
import type { CommandFailure, CommandOutcome } from '../session/command-error';
import { isEntry, type JournalEntry } from '../session/events';
import { isCandidate, PROTOCOL_VERSION, parseRecord, type SessionRecord } from '../session/record';

export type Message =
  /** Look at the store: something changed. The entries are what this change added to the journal, under its host's term. */
  | { readonly type: 'look'; readonly term: string | null; readonly entries: readonly JournalEntry[] }
  /** The host of `term` reports events, and has not stored them yet. */
  | { readonly type: 'events'; readonly term: string; readonly entries: readonly JournalEntry[] }
  /** The host of `term` leaves. */
  | { readonly type: 'bye'; readonly term: string }
  /** What this tab knows, for those that can't look at the store, or don't find it there. */
  | { readonly type: 'state'; readonly record: SessionRecord; readonly entries: readonly JournalEntry[] }
  /** A tab has the host of `term` run a command. It says so again and again: the host runs it once. */
  | { readonly type: 'run'; readonly term: string; readonly request: CommandRequest }
  /** What the host says of the command `id`. */
  | { readonly type: 'answer'; readonly id: string; readonly answer: Answer }
  /** Who called the command `id` gave up. */
  | { readonly type: 'stop'; readonly id: string }
  /** From such a tab: asks the host to decide, and all to tell their state. */
  | { readonly type: 'call'; readonly command: Command };

export type CommandMessage = Extract<Message, { readonly type: 'run' | 'answer' | 'stop' }>;

export interface CommandRequest {
  readonly id: string;
  /** Who asks. */
  readonly tabId: string;
  readonly name: string;
  readonly input: unknown;
  /** When it was first sent, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The tab that asks holds a lock of its own name. */
  readonly isLocked: boolean;
}

/** `begun`: the host runs it. */
export type Answer = { readonly state: 'begun' } | FinalAnswer;

/** `unknown`: it ran, and the host does not remember what came of it. */
export type FinalAnswer =
  | { readonly state: 'done'; readonly result: unknown }
  | ({ readonly state: CommandOutcome } & CommandFailure);

/** Over a channel that goes through storage: nothing that is the app's. */
export function toHint(message: Message): Message {
  if (message.type === 'events') return { ...message, type: 'look', entries: [] };
  if (message.type === 'look') return { ...message, entries: [] };
  if (message.type !== 'state') return message;
  const { record } = message;
  const lastError = record.lastError && withoutContent(record.lastError);
  return { ...message, record: { ...record, info: null, lastError }, entries: message.entries.map(withoutContent) };
}

/** What this tab has read of the same publication stays known, where it is told without content. */
export function withKnownInfo(told: SessionRecord, known: SessionRecord): SessionRecord {
  const isSame = told.origin === known.origin && told.infoRevision === known.infoRevision;
  return isSame && told.info === null ? { ...told, info: known.info } : told;
}

function withoutContent({ payload: _, error, ...entry }: JournalEntry): JournalEntry {
  if (!error) return entry;
  const { data, ...facts } = error;
  return { ...entry, error: facts };
}

export function toWire(message: Message): unknown {
  return { ...message, version: PROTOCOL_VERSION };
}

/** What another tab may ask of a host for itself. */
const CALLS = ['takeOver', 'withdraw', 'cancel', 'end'] as const;

/** Reads a message from anything. Unknown types are a newer build's business: `undefined`, like garbage. */
export function parseMessage(value: unknown): Message | undefined {
  if (!isObject(value) || value.version !== PROTOCOL_VERSION) return undefined;
  const { type, term, entries, record, command } = value;
  // Not `every` on the array itself, which passes over holes.
  const isEntries = Array.isArray(entries) && Array.from(entries).every(isEntry);
  if (type === 'call') {
    const call = parseCall(command);
    return call && { ...value, type, command: call };
  }
  const { id, request, answer } = value;
  const isWellFormed =
    (type === 'run' && isText(term) && isRequest(request)) ||
    (type === 'answer' && isText(id) && isObject(answer) && isOneOf(STATES, answer.state)) ||
    (type === 'stop' && isText(id)) ||
    ((type === 'look' || type === 'events') && (isText(term) || (term === null && type === 'look')) && isEntries) ||
    (type === 'bye' && isText(term)) ||
    (type === 'state' && isEntries && isObject(parseRecord(record)));
  // Every field was looked at just now.
  return isWellFormed ? (value as unknown as Message) : undefined;
}

const STATES = ['begun', 'done', 'failed', 'refused', 'unknown'];

function isRequest(value: unknown): boolean {
  return isObject(value) && [value.id, value.tabId, value.name].every(isText) && Number.isFinite(value.at);
}

/** Nothing but what a tab may ask: with the fields of a report it would pass for the host's own word. */
function parseCall(value: unknown): Command | undefined {
  if (!isObject(value)) return undefined;
  const { type, term, candidate, origin } = value;
  if (type === 'look') return { type };
  if (type === 'ask') return isText(term) ? { type, term } : undefined;
  if (!isOneOf(CALLS, type) || !isCandidate(candidate)) return undefined;
  return { type, candidate, ...(isCount(origin) && { origin }) };
}
