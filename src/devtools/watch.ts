/**
 * Keeps the knowledge of a panel up to date.
 *
 * It overhears the channel of the scope and answers other panels at any time. It reads the store and the locks only while the page is
 * visible: when something happened, and every two seconds. When the page is left it lets go of everything, so that the page
 * can be cached, and begins again when it is back.
 */

import { parseMessage } from '../ledger/messages';
import { linkedTo } from '../platform/abort';
import { channelName } from '../platform/names';
import type { SessionErrorEvent } from '../session/error-facts';
import type { Shape } from '../shape';
import type { Coordinator } from '../types';
import type { Knowledge, Refusal } from './knowledge';
import { type Presence, parsePeer, peerChannel } from './peers';
import type { Line, Sources } from './sources';

const LOOK_EVERY_MS = 2_000;

/** Then a store is blocked, and not only slow. */
const BLOCKED_MS = 5_000;

/** What comes in a burst is looked at once. */
const LOOK_SOON_MS = 50;

/** Calls `changed` whenever there is something new to show, until `signal` aborts. */
export function watch<S extends Shape>(
  coordinator: Coordinator<S>,
  knowledge: Knowledge,
  { clock, lifecycle, path, ...sources }: Sources,
  changed: () => void,
  signal: AbortSignal,
): void {
  const { tabId } = coordinator;
  const { scope } = knowledge;
  let lines: (Line | null)[] = [];
  let reading = new AbortController();
  let clientId: string | null = null;
  let refused: Presence['refused'] = null;
  let looking: Promise<void> | undefined;
  let cancelSoon = (): void => {};
  let cancelNext = (): void => {};

  function presence(): Presence {
    const { phase, role } = coordinator.getSnapshot();
    return { tabId, clientId, path, isVisible: lifecycle.isVisible(), phase, isHost: role === 'host', refused };
  }

  function observe(): void {
    knowledge.observe(coordinator.getSnapshot(), presence());
    changed();
  }

  const tell = (message: unknown): void => lines[1]?.post(message);
  const tellPresence = (): void => tell({ type: 'here', presence: presence() });

  function open(): void {
    close();
    reading = new AbortController();
    lines = [
      sources.openChannel(channelName(scope), (received) => {
        const message = parseMessage(received);
        if (!message) return;
        knowledge.hear(message);
        lookSoon();
      }),
      sources.openChannel(peerChannel(scope), (received) => {
        const message = parsePeer(received);
        if (!message) return;
        if (message.type === 'ask') tellPresence();
        else {
          knowledge.hearPeer(message);
          observe();
        }
      }),
    ];
    tell({ type: 'ask' });
    tellPresence();
    void keepLooking();
  }

  function close(): void {
    cancelSoon();
    cancelNext();
    reading.abort();
    tell({ type: 'gone', tabId });
    for (const line of lines) line?.close();
    lines = [];
  }

  function lookSoon(): void {
    observe();
    cancelSoon();
    cancelSoon = clock.after(LOOK_SOON_MS, () => void look());
  }

  async function keepLooking(): Promise<void> {
    cancelNext();
    if (!lifecycle.isVisible() || signal.aborted) return;
    cancelNext = clock.after(LOOK_EVERY_MS, () => void keepLooking());
    tell({ type: 'ask' });
    await look();
  }

  /** One at a time. */
  function look(): Promise<void> {
    looking ??= readAll().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  /** A store that is blocked, by a page that was stopped, must not hide the locks. */
  async function readAll(): Promise<void> {
    const during = reading.signal;
    if (!lifecycle.isVisible() || during.aborted) return;
    const began = clock.now();
    const { control: patience, unlink } = linkedTo(during);
    const cancel = clock.after(BLOCKED_MS, () => patience.abort());
    const [stored, locks] = await Promise.all([sources.read(scope, patience.signal), sources.locks()]);
    cancel();
    unlink();
    if (during.aborted) return;
    if (stored) knowledge.read(stored);
    knowledge.seeLocks(locks, began);
    observe();
  }

  async function refuse(error: SessionErrorEvent): Promise<void> {
    if (!error.local) return;
    refused = { code: error.code, at: error.at };
    const snapshot = coordinator.getSnapshot();
    const refusal: Refusal = { error, snapshot, record: null, isTermHeld: null };
    const complete = (): void => {
      const record = knowledge.record();
      if (record?.epoch !== snapshot.epoch || record.hostTabId !== snapshot.hostTabId) return;
      refusal.record = record;
      refusal.isTermHeld = knowledge.isTermHeld(record.term);
    };
    complete();
    knowledge.hearRefusal(refusal);
    tellPresence();
    observe();
    // What is read already may be from before the refusal.
    await looking;
    await look();
    // Who is unmounted meanwhile would draw for ever.
    if (signal.aborted) return;
    complete();
    observe();
  }

  const stop = coordinator.subscribe(() => {
    tellPresence();
    lookSoon();
  });
  coordinator.on('session_error', (error) => void refuse(error), { signal });
  coordinator.on(
    'host_lost',
    ({ epoch, hostTabId }) => {
      knowledge.hearLost(epoch, hostTabId);
      lookSoon();
    },
    { signal },
  );
  lifecycle.listen((event) => {
    if (event === 'hide') close();
    else if (lines.length === 0) {
      if (event === 'show') open();
    } else {
      tellPresence();
      void keepLooking();
    }
  }, signal);
  signal.addEventListener('abort', () => {
    close();
    stop();
  });

  open();
  void sources.clientId().then((id) => {
    clientId = id;
    if (signal.aborted || lines.length === 0) return;
    tellPresence();
    observe();
  });
}
