/** What the mounted panels of a scope say to each other, on a channel of their own: what only the tab itself knows. */
import { isObject, isText } from '../session/check';
import { PHASES, type Phase } from '../session/record';

export interface Presence {
  readonly tabId: string;
  readonly clientId: string | null;
  readonly path: string;
  readonly isVisible: boolean;
  readonly phase: Phase;
  readonly isHost: boolean;
  /** The last call that was refused in this tab. */
  readonly refused: { readonly code: number; readonly at: number } | null;
}

export type PeerMessage =
  /** Every panel answers with `here`, a hidden one too. */
  | { readonly type: 'ask' }
  | { readonly type: 'here'; readonly presence: Presence }
  /** The panel is unmounted, or its page left. */
  | { readonly type: 'gone'; readonly tabId: string };

const VERSION = 1;

export function peerChannel(scope: string): string {
  return `solotab devtools:${VERSION}:${scope}`;
}

/** Reads a message from anything: another build's panel may be mounted in another tab. */
export function parsePeer(value: unknown): PeerMessage | undefined {
  if (!isObject(value)) return undefined;
  const { type, tabId, presence } = value;
  const isKnown =
    type === 'ask' ||
    (type === 'gone' && isText(tabId)) ||
    (type === 'here' && isObject(presence) && isPresence(presence));
  // Every field was looked at just now.
  return isKnown ? (value as unknown as PeerMessage) : undefined;
}

function isPresence({ tabId, clientId, path, phase, refused }: Readonly<Record<string, unknown>>): boolean {
  return (
    isText(tabId) &&
    (clientId === null || isText(clientId)) &&
    isText(path) &&
    PHASES.includes(phase as Phase) &&
    (refused === null || (isObject(refused) && Number.isSafeInteger(refused.code) && Number.isFinite(refused.at)))
  );
}
