/** How each of the 15 codes comes about, for real: at solotab, at the session server, or between them. */
import type { SessionErrorCode } from 'solotab';
import type { Service, User } from '../service';
import type { Extras } from './extras';
import type { LabTab, LabTabs } from './tabs';

export interface Stage {
  readonly tabs: LabTabs;
  readonly service: Service;
  readonly extras: Extras;
  /** The user of this browser. */
  readonly user: User;
}

/** The three tabs of an experiment. */
interface Cast extends Stage {
  readonly a: LabTab;
  readonly b: LabTab;
  readonly c: LabTab;
}

export interface Experiment {
  readonly code: SessionErrorCode;
  readonly how: string;
  /** Whether one tab alone is refused, or every tab is told. */
  readonly local: boolean;
  play(cast: Cast): void | Promise<void>;
}

/** Time enough to see `connecting`, and to call meanwhile. */
const SLOW = { latencyMs: 1_000 } as const;
/** How often, and how many times, the service is looked at. */
const LOOK_MS = 20;
const LOOKS = 250;
/** The service's rate limit lets a user call this often. */
const GUESSES = 20;

const phaseIs = (label: string, phase: string) => (tabs: readonly LabTab[]) =>
  tabs.some((tab) => tab.label === label && tab.state?.phase === phase);

export const EXPERIMENTS: readonly Experiment[] = [
  {
    code: 1001,
    how: 'The site’s trial account has used up its credit; A starts.',
    local: false,
    async play({ a, service }) {
      await service.change({ creditUsedUp: true });
      a.call('start');
    },
  },
  {
    code: 1002,
    how: 'A is connecting; B starts too.',
    local: true,
    async play({ a, b, service, tabs }) {
      await service.change(SLOW);
      a.call('start');
      await tabs.until(phaseIs(b.label, 'connecting'), 'connecting');
      b.call('start');
    },
  },
  {
    code: 1004,
    how: 'A has an active session; B starts another.',
    local: true,
    async play({ a, b, tabs }) {
      a.call('start');
      await tabs.until(phaseIs(b.label, 'active'), 'active');
      b.call('start');
    },
  },
  {
    code: 1006,
    how: 'A joins by a PIN that nobody has.',
    local: false,
    play: ({ a }) => a.call('join', { pin: freshPin() }),
  },
  {
    code: 1008,
    how: 'A starts with the PIN “two words”.',
    local: true,
    play: ({ a }) => a.call('start', { pin: 'two words' }),
  },
  {
    code: 1009,
    how: 'The app brings its own PINs; A starts without one.',
    local: true,
    play: ({ a }) => a.call('start', { pinRequired: true }),
  },
  {
    code: 1010,
    how: 'Somebody else has a session with the PIN that A starts with.',
    local: false,
    async play({ a, extras }) {
      const pin = freshPin();
      await extras.start('somebody', 'customer', pin);
      a.call('start', { pin });
    },
  },
  {
    code: 1011,
    how: 'A joins a session that has just ended.',
    local: false,
    async play({ a, extras }) {
      const pin = freshPin();
      await extras.start('somebody', 'agent', pin);
      await extras.leave();
      a.call('join', { pin });
    },
  },
  {
    code: 1012,
    how: 'A joins a session that has its customer.',
    local: false,
    async play({ a, extras }) {
      const pin = freshPin();
      await extras.start('somebody', 'customer', pin);
      a.call('join', { pin });
    },
  },
  {
    code: 1013,
    how: 'A joins as the sixth agent.',
    local: false,
    async play({ a, extras }) {
      const pin = freshPin();
      await extras.start('somebody', 'customer', pin);
      await Promise.all([1, 2, 3, 4, 5].map((number) => extras.join(`agent ${number}`, 'agent', pin)));
      a.call('join', { pin, role: 'agent' });
    },
  },
  {
    code: 1015,
    how: 'The same user is in the session already, on another device.',
    local: false,
    async play({ a, extras, user }) {
      const pin = freshPin();
      await extras.start(user.userId, 'customer', pin);
      a.call('join', { pin });
    },
  },
  {
    code: 1016,
    how: 'The network is down; A starts, and its tries fail.',
    local: false,
    async play({ a, service }) {
      await service.change({ refuseConnections: true });
      a.call('start');
    },
  },
  {
    code: 1017,
    how: 'A is connecting, B cancels, and C starts before that is over.',
    local: true,
    async play({ a, b, c, service, tabs }) {
      await service.change(SLOW);
      a.call('start');
      await tabs.until(phaseIs(b.label, 'connecting'), 'connecting');
      await untilAsked(service);
      b.call('cancel');
      await tabs.until(phaseIs(c.label, 'canceling'), 'canceling');
      c.call('start');
    },
  },
  {
    code: 2001,
    how: 'The token service hands out expired tokens; A starts.',
    local: false,
    async play({ a, service }) {
      await service.change({ tokens: 'expired' });
      a.call('start');
    },
  },
  {
    code: 9999,
    how: 'The same user has just tried twenty wrong PINs: the service’s rate limit.',
    local: false,
    async play({ a, extras, user }) {
      const guesses = Array.from({ length: GUESSES }, () => extras.join(user.userId, 'agent', freshPin()));
      await Promise.allSettled(guesses);
      a.call('start');
    },
  },
];

/** Plays one experiment from a clean start to a clean end. Resolves with the labels of the tabs that the code arrived in. */
export async function play(experiment: Experiment, stage: Stage): Promise<string[]> {
  const { tabs, service, extras } = stage;
  await tidyUp(stage);
  while (tabs.list().length < 3) tabs.add();
  await tabs.until((all) => all.every(({ state }) => state?.phase === 'idle'), 'idle tabs');
  const [a, b, c] = tabs.list();
  if (!a || !b || !c) throw new Error('Three tabs are needed.');
  const arrivedIn = new Set<string>();
  const stop = tabs.listen((event) => {
    if (event.type === 'event' && event.entry.code === experiment.code) arrivedIn.add(event.label);
  });
  try {
    await experiment.play({ ...stage, a, b, c });
    const expected = experiment.local ? 1 : tabs.list().length;
    await tabs.until(() => arrivedIn.size >= expected, `code ${experiment.code} in ${expected} of the tabs`);
    await tidyUp({ tabs, service, extras });
    return [...arrivedIn].sort();
  } finally {
    stop();
  }
}

/** Resolves once something was asked of the service: an attempt that has asked for nothing yet is canceled in no time. */
async function untilAsked(service: Service): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await service.view()).underway > 0) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error('In vain waited for a message to the service.');
}

/** Everything works, nobody else is there, and there is no session. */
async function tidyUp({ tabs, service, extras }: Pick<Stage, 'tabs' | 'service' | 'extras'>): Promise<void> {
  await service.repair();
  await extras.leave();
  const isOver = (all: readonly LabTab[]) => all.every(({ state }) => state === null || state.phase === 'idle');
  if (!isOver(tabs.list())) tabs.list()[0]?.call('end');
  await tabs.until(isOver, 'the end of the session');
}

function freshPin(): string {
  return `L${Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'[byte % 31]).join('')}`;
}
