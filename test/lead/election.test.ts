import { createSimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import { expect, test } from 'vitest';
import { createElectionOn } from '../../src/lead/on-platform';

async function openElection(tabs: number) {
  const world = createSimulatedBrowser();
  const open = () => stand(world.openTab({ bare: true }));
  const stand = (tab: SimulatedTab) => {
    const election = createElectionOn(tab.platform, 'work');
    const seen: boolean[] = [];
    election.subscribe(() => seen.push(election.isLeader));
    return { tab, election, seen };
  };
  const all = Array.from({ length: tabs }, open);
  await world.advance(1_000);
  const leaders = () => all.filter(({ election }) => election.isLeader);
  return { world, all, leaders, leader: leaders()[0] };
}

test('one of three elections leads, and another one when that is closed', async () => {
  const { world, leader, leaders, all } = await openElection(3);
  expect(leaders()).toHaveLength(1);
  const closed = leader?.election.close();
  expect(leader?.election.isLeader).toBe(false);
  await world.settle();
  await closed;
  expect(leaders()).toHaveLength(1);
  expect(leader?.seen).toEqual([true, false]);
  for (const { election } of all) void election.close();
  await world.settle();
  expect(leaders()).toEqual([]);
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});

test('one that lost the lead to the cache stands again when its page is back', async () => {
  const { world, leader, leaders, all } = await openElection(2);
  await leader?.tab.navigateAway();
  await world.settle();
  expect(leader?.election.isLeader).toBe(false);
  expect(leaders()).toHaveLength(1);
  await leader?.tab.goBack();
  await world.settle();
  const other = all.find((one) => one !== leader);
  expect(leaders()).toEqual([other]);
  void other?.election.close();
  await world.settle();
  expect(leaders()).toEqual([leader]);
  expect(leader?.seen).toEqual([true, false, true]);
});

test('alone it leads again after it was frozen', async () => {
  const { world, leader } = await openElection(1);
  await leader?.tab.freeze();
  expect(leader?.election.isLeader).toBe(false);
  await world.advance(60_000);
  await leader?.tab.wake();
  await world.settle();
  expect(leader?.seen).toEqual([true, false, true]);
});

test('a listener that throws keeps nobody from the news', async () => {
  const world = createSimulatedBrowser();
  const election = createElectionOn(world.openTab({ bare: true }).platform, 'work');
  const stop = election.subscribe(() => {
    throw new Error('mine');
  });
  const seen: boolean[] = [];
  election.subscribe(() => seen.push(election.isLeader));
  await world.settle();
  stop();
  const closed = election.close();
  await world.settle();
  await closed;
  expect(seen).toEqual([true, false]);
});

test('one that is closed before it led never leads', async () => {
  const world = createSimulatedBrowser();
  const election = createElectionOn(world.openTab({ bare: true }).platform, 'work');
  const closed = election.close();
  await world.settle();
  await closed;
  expect(election.isLeader).toBe(false);
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});
