/**
 * What can happen in a round, and what a plan has to know about it: to whom it can happen, and what becomes of that tab.
 * Nothing here touches a browser; `stage.ts` carries the actions out.
 */
import type { ActType, HangUp } from '../support/backend';
import type { CallName } from '../support/page-api';

/** Where a tab is, as far as the plan decides that: what its session is like depends on the engine's timing. */
export type Place = 'open' | 'stopped' | 'frozen' | 'away' | 'gone';

/** A tab of a plan. */
export interface PlannedTab {
  readonly index: number;
  /** Tabs with the same number share a process: what stops or kills one hits the others. */
  readonly process: number;
  place: Place;
  /** It has made a call that can be aborted. */
  abortable: boolean;
  /** Frames and second coordinators in its document, as far as the plan knows: one that is loaded anew has none. */
  company: number;
}

/** What an engine, as automated here, lets the tests do. */
export interface Abilities {
  readonly kill: boolean;
  readonly stop: boolean;
  readonly freeze: boolean;
  /** A tab duplicated by the engine itself; it shares its process with the original. Otherwise it is imitated. */
  readonly duplicate: boolean;
  /** Opens and closes tabs while the process of another is stopped. */
  readonly openWhileStopped: boolean;
  /** A server can have it clear the site's data. */
  readonly clear: boolean;
}

/** Which request of the backend's is held, denied or let pass. */
export type Request = Extract<ActType, 'start' | 'join' | 'resume' | 'end'>;

export type Action =
  | {
      readonly type: 'call';
      readonly method: CallName;
      readonly force?: true;
      readonly abortable?: true;
      /** By the coordinator of the last frame, if there is one. */
      readonly inFrame?: true;
    }
  | { readonly type: 'abort' }
  /** Something that the driver of a live session does, in whichever tabs have one. */
  | { readonly type: 'tell'; readonly method: Told }
  | { readonly type: 'hold' | 'deny' | 'allow'; readonly request: Request }
  /** From now on whoever resumes is told that the session is gone for good. */
  | { readonly type: 'lose'; readonly how: 'rejects' | 'says so' }
  /** The other side hangs up on whoever connects next. */
  | { readonly type: 'hangUp'; readonly how: HangUp }
  /** A log-out elsewhere: the server has the browser clear the site's data. */
  | { readonly type: 'clear' }
  /** Another document of the same origin in the tab; another coordinator in its document, which only watches. */
  | { readonly type: 'frame' | 'second' }
  | { readonly type: 'open' | 'close' | 'reload' | 'leave' | 'back' }
  | { readonly type: 'kill' | 'stop' | 'wake' | 'freeze' | 'unfreeze' }
  /** Opens tab `as`. */
  | { readonly type: 'duplicate'; readonly as: number };

/** `flood`: hundreds of values are published in a turn. */
export type Told = 'emit' | 'publish' | 'flood' | 'error' | 'reconnecting' | 'reconnected' | 'ended';

export type ActionType = Action['type'];

/** A scene of the plan: who is where, and what the backend has been told. */
export interface Scene {
  readonly can: Abilities;
  readonly tabs: PlannedTab[];
  /** Requests that are held or denied. */
  readonly obstacles: Set<Request>;
}

interface Kind {
  readonly weight: number;
  readonly fits: (tab: PlannedTab, scene: Scene) => boolean;
}

/** More of them in a tab show nothing new either. */
const MOST_COMPANY = 2;

/** More make a round slow, and show nothing new. */
const MOST_TABS = 5;

const isOpen = ({ place }: PlannedTab): boolean => place === 'open';
const isReady = ({ tabs, can }: Scene): boolean =>
  can.openWhileStopped || tabs.every(({ place }) => place !== 'stopped');
const hasRoom = (scene: Scene): boolean =>
  isReady(scene) && scene.tabs.filter(({ place }) => place !== 'gone').length < MOST_TABS;
/** Somebody has to be left to notice. */
const isOneOfMany = (tab: PlannedTab, { tabs }: Scene): boolean =>
  tabs.some((other) => isOpen(other) && other.process !== tab.process);
/** A process that can be asked, by every page that it renders. */
const isAwake = (tab: PlannedTab, { tabs }: Scene): boolean =>
  isOpen(tab) && tabs.every((other) => other.process !== tab.process || isOpen(other) || other.place === 'gone');

export const KINDS: Readonly<Record<ActionType, Kind>> = {
  call: { weight: 18, fits: isOpen },
  abort: { weight: 2, fits: (tab) => isOpen(tab) && tab.abortable },
  tell: { weight: 7, fits: isOpen },
  hold: { weight: 1.5, fits: (_, { obstacles }) => obstacles.size === 0 },
  deny: { weight: 0.5, fits: (_, { obstacles }) => obstacles.size === 0 },
  lose: { weight: 0.5, fits: (_, { obstacles }) => obstacles.size === 0 },
  hangUp: { weight: 0.5, fits: isOpen },
  clear: { weight: 0.5, fits: (_, { can, tabs }) => can.clear && tabs.every(({ place }) => place !== 'stopped') },
  frame: { weight: 1, fits: (tab) => isOpen(tab) && tab.company < MOST_COMPANY },
  second: { weight: 0.5, fits: (tab) => isOpen(tab) && tab.company < MOST_COMPANY },
  allow: { weight: 2, fits: (_, { obstacles }) => obstacles.size > 0 },
  open: { weight: 1, fits: (_, scene) => hasRoom(scene) },
  close: { weight: 1, fits: (tab, scene) => isOpen(tab) && isReady(scene) && isOneOfMany(tab, scene) },
  reload: { weight: 3, fits: isOpen },
  leave: { weight: 2, fits: (tab, scene) => isOpen(tab) && isOneOfMany(tab, scene) },
  back: { weight: 4, fits: ({ place }) => place === 'away' },
  kill: { weight: 2, fits: (tab, scene) => scene.can.kill && isAwake(tab, scene) && isOneOfMany(tab, scene) },
  stop: { weight: 2, fits: (tab, scene) => scene.can.stop && isAwake(tab, scene) && isOneOfMany(tab, scene) },
  wake: { weight: 5, fits: ({ place }) => place === 'stopped' },
  freeze: { weight: 2, fits: (tab, scene) => scene.can.freeze && isOpen(tab) },
  unfreeze: { weight: 5, fits: ({ place }) => place === 'frozen' },
  duplicate: { weight: 1, fits: (tab, scene) => isOpen(tab) && hasRoom(scene) },
};

/** What becomes of the tabs. */
export function apply(action: Action, tab: PlannedTab, { tabs, obstacles }: Scene): void {
  const place = (to: Place): void => {
    for (const other of tabs) if (other.process === tab.process && other.place !== 'gone') other.place = to;
  };
  switch (action.type) {
    case 'call':
      tab.abortable ||= action.abortable ?? false;
      return;
    case 'abort':
    case 'reload':
    case 'back':
      tab.place = 'open';
      tab.abortable = false;
      if (action.type === 'reload') tab.company = 0;
      return;
    case 'tell':
    case 'hangUp':
    case 'clear':
      return;
    case 'frame':
    case 'second':
      tab.company += 1;
      return;
    case 'lose':
      obstacles.add('resume');
      return;
    case 'hold':
    case 'deny':
      obstacles.add(action.request);
      return;
    case 'allow':
      obstacles.delete(action.request);
      return;
    case 'open':
      tab.place = 'open';
      return;
    case 'close':
      tab.place = 'gone';
      return;
    case 'leave':
      tab.place = 'away';
      return;
    case 'freeze':
      tab.place = 'frozen';
      return;
    case 'unfreeze':
      tab.place = 'open';
      return;
    case 'kill':
      return place('gone');
    case 'stop':
      return place('stopped');
    case 'wake':
      return place('open');
    case 'duplicate':
      return;
  }
}
