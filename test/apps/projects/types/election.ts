import { createElection, type Election, lead } from 'solotab/election';

export const led: Promise<number> = lead('jobs', async ({ signal, epoch }) => (signal.aborted ? 0 : epoch));
const election: Election = createElection('jobs');
export const leads: boolean = election.isLeader;
export const stop: () => void = election.subscribe(() => undefined);
// @ts-expect-error: a body is required
lead('jobs');
// @ts-expect-error: no such option
lead('jobs', () => 1, { forced: true });
