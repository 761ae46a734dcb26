/** After the faults have stopped and every tab runs again: nothing hangs, everybody knows, and rest costs nothing. */
import { parseRecord, type SessionRecord } from '../../../src/session/record';
import type { SimulatedBrowser } from '../../../src/testing';
import type { Participant } from '../../../src/testing/machine';
import { CONNECT_TIMEOUT_MS, type Plan, WINDOW_MS } from './plan';
import type { Scene } from './scene';
import type { ServiceCheck } from './service';
import { type Ears, SECRET } from './watchers';

/** Long enough for what was under way, its time limit, the recovery of what it was and the end of that. */
const PEACE_MS = 3 * WINDOW_MS + 6 * CONNECT_TIMEOUT_MS + 60_000;

/** What a page has to do, also where it asks every three seconds whether the host lives. */
const MOST_PER_SECOND = 20;

/** From the death of a host until every tab that is awake has noticed. */
const NOTICED_MS = 1_000;

/** The same where no lock tells: it is asked within four seconds, and may be silent for three. */
const MISSED_MS = 10_000;

export async function checkAftermath(scene: Scene, plan: Plan, ears: Ears, service: ServiceCheck): Promise<void> {
  const { world, calls } = scene;
  await makePeace(world);
  const open = () => world.participants.filter(({ page, coordinator }) => page.awake && !calls.hasClosed(coordinator));
  const pages = () => open().filter(({ page }) => !page.isWorker);
  if (pages().length === 0) scene.openTab();
  const { steps } = world.machine.scheduler;
  await world.advance(PEACE_MS);
  const perSecond = ((world.machine.scheduler.steps - steps) / world.participants.length / PEACE_MS) * 1_000;
  if (perSecond > MOST_PER_SECOND)
    world.violate(`spins: ${perSecond.toFixed(1)} events a second in each page, in peace`);
  for (const { page, name, from } of calls.pending) {
    // Where no tab may start a session by itself, a wish waits for a person.
    if (name === 'ensure' && plan.hasReluctant) continue;
    world.violate(`stuck: ${page.name} ${name}, called at ${from.toFixed(2)}, has not settled`);
  }
  scene.words.check();
  if (world.violations.length > 0) return;
  // Nobody of this version does anything about it, whatever there was before.
  if (parseRecord(world.recordOf()) === 'newer') return;
  // Tabs that went on from memory and have no locks can't find each other: it is enough that nothing hangs.
  if (world.machine.forked && areApart(open())) return;
  await look(world);
  // A tab that went on from memory and idles comes back to the store when it is looked at, and may find what is to be recovered.
  // So may one that was never told of a claim, since its host died in it: without locks it then takes a challenge to notice.
  // And without messages nobody tells the others that a host came back to the store.
  await world.advance(areTrusted(plan, world.participants) ? CONNECT_TIMEOUT_MS : MISSED_MS);
  const isSlow = world.machine.forked || plan.isDeaf || areApart(open());
  if (isSlow) await world.advance(PEACE_MS);
  checkViews(world, open(), plan);
  if (world.violations.length > 0) return;

  // One session from start to end, which everybody hears of.
  const caller = pages()[0];
  const other = open().find(({ page }) => page.isWorker) ?? pages()[1] ?? caller;
  if (!caller || !other) return;
  const { phase } = caller.coordinator.getSnapshot();
  const begin = () => calls.make(caller, 'start', (coordinator) => coordinator.start({ token: SECRET }));
  let start = begin();
  await world.advance(CONNECT_TIMEOUT_MS);
  // It takes three seconds to find out that locks are not answered, and as long until a record that was lost may be replaced.
  const mayBeSilent = plan.tabOptions.capabilities?.locks === 'silent' || plan.field.includes('broken locks');
  if (start.outcome === 'pending' && mayBeSilent) await world.advance(CONNECT_TIMEOUT_MS);
  // A coordinator that was created after the site's data was cleared, in a page from before it, learns by this that its locks are its own.
  if (start.outcome === 'rejected' && areApart(open())) {
    start = begin();
    await world.advance(CONNECT_TIMEOUT_MS);
  }
  const expected = phase === 'idle' ? 'done' : 1004;
  if (start.outcome !== expected) world.violate(`start while ${phase} came to ${start.outcome}`);
  if (plan.isDeaf) await look(world);
  await world.settle();
  checkViews(world, open(), plan);
  const end = calls.make(other, 'end', (coordinator) => coordinator.end());
  await world.advance(4 * CONNECT_TIMEOUT_MS);
  if (end.outcome !== 'done') world.violate(`end came to ${end.outcome}`);
  if (plan.isDeaf) await look(world);
  await world.advance(60_000);
  checkViews(world, open(), plan);
  for (const { coordinator, name } of open()) {
    const after = coordinator.getSnapshot().phase;
    if (after !== 'idle') world.violate(`after the end, ${name} is ${after}`);
  }
  // Without a store there is no record to compare with: what one tab has heard of, each has.
  const last = plan.exact ? storedRecord(world) : ears.furthest;
  for (const { coordinator, name } of open()) {
    const heard = ears.heard.get(coordinator);
    if (last && !ears.isUpToDate(coordinator, last)) {
      world.violate(`unheard: ${name} heard up to ${heard?.epoch}:${heard?.seq} of ${last.epoch}:${last.seq}`);
    }
  }
  await world.settle();
  const { work, timers, locks } = world.pending;
  // Where there are no messages, idle tabs look at the store now and then.
  const allowed = plan.isDeaf ? open().length : 0;
  if (work + locks > 0 || timers > allowed) {
    world.violate(`rest is not free: ${timers} timers, ${locks} locks, ${work} other things are left`);
  }
  if (world.network.live.size > 0) world.violate('a session is left over');
  service.checkQuiet();
  if (world.violations.length === 0 && !areApart(open())) {
    const others = (all = pages) => all().filter(({ page }) => page.top !== caller.page.top);
    // Without a page nobody notices.
    await checkDeath(scene, plan, caller, () => (others().length > 0 ? others(open) : []));
  }
}

/** Where the host has a lock, nobody waits to learn that it died, whatever the tabs have been through. */
async function checkDeath(
  { world, calls }: Scene,
  plan: Plan,
  host: Participant,
  others: () => readonly Participant[],
): Promise<void> {
  calls.make(host, 'start', (coordinator) => coordinator.start({ token: SECRET }));
  await world.advance(CONNECT_TIMEOUT_MS);
  if (plan.isDeaf) await look(world);
  await world.settle();
  const { tabId } = host.coordinator;
  for (const { coordinator, name } of others()) {
    if (coordinator.getSnapshot().hostTabId !== tabId) world.violate(`views: ${name} does not see its host`);
  }
  const isLocked = areTrusted(plan, [host, ...others()]);
  await world.tabs.find(({ page }) => page === host.page.top)?.crash();
  await world.advance(isLocked ? NOTICED_MS : MISSED_MS);
  for (const { coordinator, name } of others()) {
    if (coordinator.getSnapshot().hostTabId === tabId) world.violate(`unnoticed: ${name} sees a host that died`);
  }
}

async function makePeace(world: SimulatedBrowser): Promise<void> {
  world.heal();
  if (!world.machine.isOnline) world.setOnline(true);
  for (const tab of world.tabs) {
    if (tab.stopped && !tab.page.gone) await tab.cont();
    if (tab.state === 'frozen') await tab.wake();
    if (tab.state === 'away') await tab.goBack();
    if (tab.state === 'crashed') await tab.reload();
    await tab.show();
    // Where the session goes must not depend on who looks.
    await tab.focus(false);
  }
}

/** An idle tab that was told nothing, since messages are lost or there are none, finds out once the user looks at it. */
async function look({ tabs }: SimulatedBrowser): Promise<void> {
  for (const tab of tabs) {
    if (!tab.page.awake) continue;
    await tab.hide();
    await tab.show();
    // A worker is not told of that. It looks when it is called.
    for (const frame of tab.frames) if (frame.page.isWorker) frame.coordinator.call('nothing').catch(() => undefined);
  }
}

/** Some of them have no locks, or can't know whether they have the same ones as the others. */
function areApart(participants: readonly Participant[]): boolean {
  const [first] = participants;
  return participants.some(({ page }) => page.hasNoLocks || page.mayBeApart || page.bucket !== first?.page.bucket);
}

/**
 * A host whose locks were silent, or not those of a tab that took it for dead, does without them for good: it can't know whether all
 * others have them by now. So it is missed once it does not answer; and so is any host by a tab whose own locks were silent.
 */
function areTrusted(plan: Plan, participants: readonly Participant[]): boolean {
  return !plan.field.includes('broken locks') && !participants.some(({ page }) => page.hasAbandonedLocks);
}

/** Every coordinator agrees with the record, and the session is where the record says. */
function checkViews(world: SimulatedBrowser, participants: readonly Participant[], plan: Plan): void {
  const record = plan.exact && !world.machine.forked ? storedRecord(world) : undefined;
  const first = participants[0]?.coordinator.getSnapshot();
  if (!first) return;
  const { phase, epoch, hostTabId } = record ?? first;
  // A page that slept as the data was cleared may write that a session is over, and others know of a later one that is.
  const isCleared = plan.hostile || plan.field.includes('clearing');
  const mayBeOld = phase === 'idle' && isCleared && participants.some(({ page }) => page.awakeSince > page.bornAt);
  for (const { coordinator, name } of participants) {
    const snapshot = coordinator.getSnapshot();
    const role = phase === 'idle' ? 'none' : coordinator.tabId === hostTabId ? 'host' : 'follower';
    const isOther = mayBeOld ? snapshot.epoch < epoch : snapshot.epoch !== epoch;
    if (snapshot.phase !== phase || snapshot.hostTabId !== hostTabId || (record && isOther)) {
      world.violate(`views: ${name} sees ${snapshot.phase} ${snapshot.epoch}, where it is ${phase} ${epoch}`);
    } else if (snapshot.role !== role) {
      world.violate(`views: ${name} takes itself for ${snapshot.role}, and is ${role}`);
    }
  }
  if (phase !== 'idle' && phase !== 'active') world.violate(`stuck: the session is still ${phase}`);
  const holders = [...world.network.live].map(({ page }) => page);
  const host = participants.find(({ coordinator }) => coordinator.tabId === hostTabId)?.page;
  if (phase === 'active' && !host) world.violate('views: the session is active in no tab');
  for (const page of holders) if (page !== host) world.violate(`leak: ${page.name} still has a session`);
  if (holders.length > 1) world.violate(`leak: there are ${holders.length} sessions`);
  if (phase === 'active' && holders.length === 0) world.violate('views: the session is active, and nobody has it');
}

function storedRecord(world: SimulatedBrowser): SessionRecord | undefined {
  const record = parseRecord(world.recordOf());
  return typeof record === 'object' ? record : undefined;
}
