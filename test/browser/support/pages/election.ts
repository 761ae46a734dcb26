/** The page of one candidate for a lead: solotab's, or a peer's, each used as its own documentation shows. See `election/candidate.ts`. */
import { createLeaderElection, BroadcastChannel as PackageChannel } from 'broadcast-channel';
import { Tab } from 'tab-election';
import { lead } from '../../../../src/lead/index';
import type { CandidateConfig, Span, Spell } from '../../election/candidate';

type Open<Kind extends Span> = { -readonly [Key in keyof Kind]: Kind[Key] };

/** One way to lead. */
interface Way {
  stand(force: boolean): void;
  giveUp(): Promise<void>;
  leads(): boolean;
}

const { scope, contender } = window.pageConfig as CandidateConfig; // the test server wrote it
const spells: Open<Spell>[] = [];
const pauses: Open<Span>[] = [];
const problems: string[] = [];
const wall = (): number => performance.timeOrigin + performance.now();

window.addEventListener('error', ({ message }) => problems.push(message));
window.addEventListener('unhandledrejection', ({ reason }) => problems.push(`unhandled: ${String(reason)}`));
window.addEventListener('pagehide', () => pauses.push({ from: wall(), until: null }));
window.addEventListener('pageshow', () => close(pauses));

function begin(epoch: number | null = null): void {
  spells.push({ from: wall(), until: null, epoch });
}

function close(spans: readonly Open<Span>[]): void {
  const last = spans.at(-1);
  if (last && last.until === null) last.until = wall();
}

/** `lead`, and again when the lead was lost. */
function ours(): Way {
  const leaving = new AbortController();
  const stand = async (force: boolean): Promise<void> => {
    while (!leaving.signal.aborted) {
      const body = ({ signal, epoch }: { readonly signal: AbortSignal; readonly epoch: number }): Promise<void> => {
        begin(epoch);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            close(spells);
            resolve();
          });
        });
      };
      await lead(scope, body, { signal: leaving.signal, force }).catch((error: Error) => {
        if (error.name !== 'AbortError') throw error;
      });
    }
  };
  return {
    stand: (force) => void stand(force),
    giveUp: async () => leaving.abort(),
    leads: () => spells.at(-1)?.until === null,
  };
}

function broadcastChannel(): Way {
  const elector = createLeaderElection(new PackageChannel(scope));
  return {
    stand: () => void elector.awaitLeadership().then(() => begin()),
    async giveUp() {
      close(spells);
      await elector.die();
    },
    leads: () => elector.isLeader,
  };
}

function tabElection(): Way {
  const tab = new Tab(scope);
  tab.addEventListener('leadershipchange', () => {
    if (!tab.isLeader) close(spells);
  });
  return {
    stand: () =>
      void tab.waitForLeadership(() => {
        begin();
        return {};
      }),
    async giveUp() {
      close(spells);
      tab.relinquishLeadership();
    },
    leads: () => tab.isLeader,
  };
}

const ways = { 'solotab/election': ours, 'broadcast-channel': broadcastChannel, 'tab-election': tabElection };
const way = create();

/** Where it throws at once, there is nobody who could lead. */
function create(): Way {
  try {
    return ways[contender]();
  } catch (error) {
    problems.push(String(error));
    return { stand: () => undefined, giveUp: async () => undefined, leads: () => false };
  }
}

// A page with an open channel may be thrown out of the back/forward cache.
const gun = new BroadcastChannel(`gun of ${scope}`);
gun.onmessage = () => way.stand(false);
window.addEventListener('pagehide', () => gun.close());

window.candidate = {
  wall,
  allStand() {
    const at = wall();
    gun.postMessage(null);
    way.stand(false);
    return at;
  },
  stand: ({ force = false } = {}) => way.stand(force),
  giveUp: () => way.giveUp(),
  state: () => ({ leads: way.leads(), spells, pauses, problems }),
};
