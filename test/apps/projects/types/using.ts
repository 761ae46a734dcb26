import { createCoordinator } from 'solotab';

export async function once(): Promise<void> {
  using coordinator = createCoordinator({ name: 'x', driver: { start: () => 1, end() {} } });
  await using other = createCoordinator({ name: 'y', driver: { start: () => 1, end() {} } });
  await Promise.all([coordinator.ready, other.ready]);
}
