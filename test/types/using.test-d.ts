import { createCoordinator } from 'solotab';

export async function dispose(): Promise<void> {
  const options = { name: 'x', driver: { start: () => 1, end() {} } };
  using first = createCoordinator(options);
  await using second = createCoordinator(options);
  await Promise.all([first.ready, second.ready]);
}
