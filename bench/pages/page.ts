/** The page of the benchmarks: solotab, its peers and the bare primitives, ready to be measured. See `page-api.ts`. */
import { startCounting } from './counts';
import { flood, heed } from './flood';
import { Ours } from './ours';
import type { BenchPage, Heard, LoadReport, Order, PageOptions, RoundTrip, SubjectName, Task } from './page-api';
import { BroadcastChannelElection, BrowserTabsLock, TabElection } from './peers';
import { Raw, RawCall, RawClaim, RawLook, RawStoring, rawGet, rawGetPut, rawProbe } from './raw';
import { startSteps } from './steps';
import type { Subject } from './subject';

const startedMs = performance.now();
const options = JSON.parse(decodeURIComponent(location.search.slice(1)) || '{}') as PageOptions; // our own server's pages
const subjects = new Map<SubjectName, Subject>();
const orders = new BroadcastChannel('orders');
const answers = new BroadcastChannel('answers');
const wall = (): number => performance.timeOrigin + performance.now();
let led: Promise<number> | undefined;
const floods = new Map<SubjectName, () => Heard>();
const counts = options.isCounted || options.atLoad ? startCounting() : null;
const steps = options.hasSteps ? startSteps() : [];
let done: Promise<number> | null = null;

function create(name: SubjectName): Subject {
  switch (name) {
    case 'bare primitives':
      return new Raw();
    case 'bare claim':
      return new RawClaim();
    case 'bare look':
      return new RawLook();
    case 'bare storing':
      return new RawStoring();
    case 'bare round trip':
      return new RawCall(false);
    case 'bare round trip with a look':
      return new RawCall(true);
    case 'solotab':
      return new Ours(options.recovery ?? 'any-tab');
    case 'solotab, until active':
      return new Ours(options.recovery ?? 'any-tab', true);
    case 'broadcast-channel':
      return new BroadcastChannelElection();
    case 'tab-election':
      return new TabElection();
    case 'browser-tabs-lock':
      return new BrowserTabsLock();
  }
}

function get(name: SubjectName): Subject {
  const subject = subjects.get(name);
  if (!subject) throw new Error(`${name} was not opened in this page.`);
  return subject;
}

async function open(name: SubjectName, scope: string): Promise<Subject> {
  const subject = create(name);
  subjects.set(name, subject);
  await subject.open(scope);
  return subject;
}

/** Another task, not another turn: nothing of the last sample is left over. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The least that a refused call can do: make an error, and reject. */
async function reject(): Promise<void> {
  throw new Error('refused');
}

function toCall(task: Task): () => Promise<unknown> {
  switch (task) {
    case 'get':
      return rawGet;
    case 'get+put':
      return rawGetPut;
    case 'probe':
      return () => Promise.all([rawProbe(), rawGet()]);
    case 'reject':
      return () => reject().catch(() => {});
    default: {
      const [act, ...name] = task.split(' ');
      const subject = get(name.join(' ') as SubjectName); // that is how a task is named
      if (act === 'claim') return () => subject.claim();
      const call = act === 'call' ? subject.call?.bind(subject) : subject.refused?.bind(subject);
      if (!call) throw new Error(`There is no such call: ${task}`);
      return call;
    }
  }
}

async function obey(order: Order): Promise<number> {
  const subject = get(order.subject);
  switch (order.type) {
    case 'storm':
      await (subject.compete?.() ?? subject.claim());
      return wall();
    case 'relay':
      await new Promise<void>((resolve) => subject.listen?.(resolve));
      return wall();
    case 'release':
      await subject.release();
      return wall();
  }
}

const bench: BenchPage = {
  wall,
  async open(name, scope) {
    await open(name, scope);
  },
  async claim(name) {
    await get(name).claim();
  },
  release: (name) => get(name).release(),
  async time(tasks, rounds) {
    const samples: Partial<Record<Task, number[]>> = {};
    for (let round = 0; round < rounds; round += 1) {
      for (const [index] of tasks.entries()) {
        const timed = tasks[(index + round) % tasks.length];
        if (!timed || round % (timed.every ?? 1) !== 0) continue;
        const { task, batch = 1 } = timed;
        const call = toCall(task);
        const begunMs = performance.now();
        let last: unknown;
        for (let count = 0; count < batch; count += 1) last = await call();
        // A claim tells when the leader's code ran; what was in the same turn after it counts not.
        const ms = ((typeof last === 'number' ? last : performance.now()) - begunMs) / batch;
        samples[task] = [...(samples[task] ?? []), ms];
        if (task.startsWith('claim')) await get(task.slice('claim '.length) as SubjectName).release(); // as in toCall
        await pause(2);
      }
    }
    return samples;
  },
  echo(names) {
    for (const name of names) get(name).listen?.(() => answers.postMessage(wall()));
  },
  async roundTrips(names, rounds) {
    const trips: RoundTrip[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const [index] of names.entries()) {
        const subject = names[(index + round) % names.length];
        if (!subject) continue;
        const answered = new Promise<number>((resolve) => {
          answers.onmessage = ({ data }) => resolve(data);
        });
        const sentAt = wall();
        get(subject).send?.();
        const heardAt = await answered;
        trips.push({ subject, sentAt, heardAt, answeredAt: wall() });
        // Until what is stored behind a message is stored.
        await pause(10);
      }
    }
    return trips;
  },
  wait(name) {
    led = get(name)
      .wait()
      .then((at) => performance.timeOrigin + at);
  },
  ledAt: (limitMs) => Promise.race([led ?? null, pause(limitMs).then(() => null)]),
  async seize(name) {
    const begunMs = performance.now();
    await get(name).seize?.();
    return performance.now() - begunMs;
  },
  obey() {
    orders.onmessage = ({ data }) => {
      done = obey(data);
    };
  },
  async order(order) {
    const at = wall();
    orders.postMessage(order);
    if (order.type === 'relay') {
      await pause(100); // until all of them listen
      const sentAt = wall();
      get(order.subject).send?.();
      return sentAt;
    }
    done = obey(order);
    return at;
  },
  doneAt: async () => done,
  flood: (name, perSecond, ms) => flood(get(name), perSecond, ms, wall),
  heed(name) {
    floods.set(name, heed(get(name), wall));
  },
  heard(name) {
    const heard = floods.get(name);
    if (!heard) throw new Error(`Nobody listened to ${name} here.`);
    return heard();
  },
  counts: () => counts,
  steps: () => steps,
  atLoad: options.atLoad ? measureLoad(options.atLoad) : null,
};
window.bench = bench;

async function measureLoad({ subject: name, act }: NonNullable<PageOptions['atLoad']>): Promise<LoadReport> {
  let longTasks = 0;
  new PerformanceObserver((list) => {
    longTasks += list.getEntries().length;
  }).observe({ type: 'longtask', buffered: true });
  const begunMs = performance.now();
  let synchronousMs = 0;
  let readyMs = begunMs;
  if (name !== 'nothing') {
    const opening = open(name, options.scope ?? 'load');
    synchronousMs = performance.now() - begunMs;
    // `start` needs no answer of `ready`: it waits by itself.
    if (name !== 'solotab' || act === 'open') await opening;
    readyMs = act === 'open' ? performance.now() : await get(name)[act]();
  }
  await pause(100); // until what it began is over
  const ms = readyMs - (act === 'open' ? begunMs : startedMs);
  const { transactions = 0, lockRequests = 0 } = counts ?? {};
  return { ms, synchronousMs, at: performance.timeOrigin + readyMs, transactions, lockRequests, longTasks };
}
