/**
 * What can happen in a round, and what a plan has to know about it: to whom it can happen, and what becomes of that tab.
 * Nothing here touches a browser; `stage.ts` carries the actions out.
 */

import type { DamageName } from '../field/damages';
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
  /** It was closed, and what its `sessionStorage` held is known: a browser may restore it. */
  isKept: boolean;
}

/** What an engine, as automated here, lets the tests do. */
export interface Abilities {
  readonly kill: boolean;
  readonly stop: boolean;
  readonly freeze: boolean;
  /** A tab duplicated by the engine itself; it shares its process with the original. Otherwise it is imitated. */
  readonly duplicate: boolean;
  /** Opens, closes and shows tabs while the process of another is stopped. */
  readonly openWhileStopped: boolean;
  /** A server can have it clear the site's data. */
  readonly clear: boolean;
  /** Its tabs share a window, and one of them is in front. */
  readonly show: boolean;
}

/** Which request of the backend's is held, denied or let pass. */
export type Request = Extract<ActType, 'start' | 'join' | 'resume' | 'end'>;

/** `act` is counted by the backend, `hang` never ends by itself, `none` is a command that the driver does not have. */
export type CommandName = 'act' | 'hang' | 'none';

export type Action =
  | {
      readonly type: 'call';
      readonly method: Exclude<CallName, 'call'>;
      readonly force?: true;
      readonly abortable?: true;
      /** By the coordinator of the last frame, if there is one. */
      readonly inFrame?: true;
    }
  /** So many at once. */
  | { readonly type: 'command'; readonly command: CommandName; readonly count: number; readonly inFrame?: true }
  | { readonly type: 'abort' }
  /** Something that the driver of a live session does, in whichever tabs have one. */
  | { readonly type: 'tell'; readonly method: Told }
  | { readonly type: 'hold' | 'deny' | 'allow'; readonly request: Request }
  /** From now on whoever resumes is told that the session is gone for good. */
  | { readonly type: 'lose'; readonly how: 'rejects' | 'says so' }
  /** The other side hangs up on whoever connects next. */
  | { readonly type: 'hangUp'; readonly how: HangUp }
  /** A log-out elsewhere: the server has the browser clear the site's data. Or a script deletes the database. */
  | { readonly type: 'clear'; readonly what: 'storage' | '*' | 'database' }
  /** Somebody else's program writes into the store. */
  | { readonly type: 'damage'; readonly what: DamageName }
  /** What the pages are told of their network; the backend goes on. */
  | { readonly type: 'offline' | 'online' }
  /** Its user looks at this tab, and no longer at the one before. */
  | { readonly type: 'show' }
  /** Another document of the same origin in the tab; another coordinator in its document, which only watches. */
  | { readonly type: 'frame' | 'second' }
  | { readonly type: 'open' | 'close' | 'reload' | 'leave' | 'back' }
  | { readonly type: 'kill' | 'stop' | 'wake' | 'freeze' | 'unfreeze' }
  /** All tabs at once: nobody is home any more. */
  | { readonly type: 'quit'; readonly how: 'close' | 'kill' }
  /** Opens tab `as`: of a closed one with what its `sessionStorage` held. */
  | { readonly type: 'duplicate' | 'restore'; readonly as: number };

/** `flood`: hundreds of values are published in a turn. `large` and `too large`: what is published is. `reconnect`: by the library's loop. */
export type Told =
  | ('emit' | 'publish' | 'flood' | 'large' | 'too large')
  | ('error' | 'reconnecting' | 'reconnected' | 'reconnect' | 'ended');

export type ActionType = Action['type'];

/** A scene of the plan: who is where, and what the backend has been told. */
export interface Scene {
  readonly can: Abilities;
  readonly tabs: PlannedTab[];
  /** Requests that are held or denied. */
  readonly obstacles: Set<Request>;
  isOffline: boolean;
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
/** Nothing keeps a page from being closed or its connection to the store from being closed. */
const isQuiet = ({ tabs }: Scene): boolean => tabs.every(({ place }) => place === 'open' || place === 'gone');
/** A process that can be asked, by every page that it renders. */
const isAwake = (tab: PlannedTab, { tabs }: Scene): boolean =>
  isOpen(tab) && tabs.every((other) => other.process !== tab.process || isOpen(other) || other.place === 'gone');

export const KINDS: Readonly<Record<ActionType, Kind>> = {
  call: { weight: 18, fits: isOpen },
  command: { weight: 8, fits: isOpen },
  abort: { weight: 2, fits: (tab) => isOpen(tab) && tab.abortable },
  tell: { weight: 7, fits: isOpen },
  hold: { weight: 1.5, fits: (_, { obstacles }) => obstacles.size === 0 },
  deny: { weight: 0.5, fits: (_, { obstacles }) => obstacles.size === 0 },
  lose: { weight: 0.5, fits: (_, { obstacles }) => obstacles.size === 0 },
  hangUp: { weight: 0.5, fits: isOpen },
  damage: { weight: 0.5, fits: (tab, scene) => isOpen(tab) && isQuiet(scene) },
  offline: { weight: 0.5, fits: (_, { isOffline }) => !isOffline },
  online: { weight: 1.5, fits: (_, { isOffline }) => isOffline },
  show: { weight: 1, fits: (tab, scene) => isOpen(tab) && scene.can.show && isReady(scene) },
  quit: { weight: 0.5, fits: (tab, scene) => isOpen(tab) && isQuiet(scene) },
  restore: { weight: 1.5, fits: (tab, scene) => tab.isKept && hasRoom(scene) },
  clear: { weight: 1, fits: (_, { can, tabs }) => can.clear && tabs.every(({ place }) => place !== 'stopped') },
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
export function apply(action: Action, tab: PlannedTab, scene: Scene): void {
  const { tabs, obstacles } = scene;
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
    case 'damage':
    case 'command':
    case 'show':
      return;
    case 'offline':
    case 'online':
      scene.isOffline = action.type === 'offline';
      return;
    case 'quit':
      for (const other of tabs) {
        other.isKept ||= other.place === 'open';
        other.place = 'gone';
      }
      return;
    case 'restore':
      tab.isKept = false;
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
      tab.isKept = true;
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
