/** A worker, of whichever kind, with a coordinator. It answers what a page asks, on the port that comes with the question. */
import * as solotab from '../../../../src/index';
import type { WorkerAnswer, WorkerQuestion } from '../worker-api';

const events: string[] = [];
const logs: string[] = [];
let coordinator: solotab.Coordinator | undefined;

function follow(scope: string): solotab.Coordinator {
  const log = (...details: readonly unknown[]): void => void logs.push(details.join(' '));
  // It never runs: a worker that calls it would be seen by that.
  const never = (): never => {
    throw new Error('The driver of a worker was called.');
  };
  const made = solotab.createCoordinator({
    name: scope,
    driver: { start: never, join: never, resume: never, end: never },
    recovery: { by: 'any-tab' },
    logger: { warn: log, error: log },
  });
  for (const type of ['session_started', 'session_resumed', 'session_ended', 'note'])
    made.on(type, () => events.push(type));
  return made;
}

async function answer({ scope, phase, method, args = [] }: WorkerQuestion): Promise<WorkerAnswer> {
  coordinator ??= follow(scope);
  const target = coordinator;
  await target.ready;
  let outcome: WorkerAnswer['outcome'];
  if (method) {
    try {
      outcome = { value: await Reflect.apply(target[method], target, args) };
    } catch (error) {
      const { name, code, suggestedAction } = error as Partial<solotab.SessionError>;
      outcome = { error: { name, code, suggestedAction } };
    }
  }
  if (phase) {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (target.getSnapshot().phase === phase) resolve();
      };
      target.subscribe(look);
      look();
    });
  }
  return { tabId: target.tabId, snapshot: target.getSnapshot(), events, logs, outcome };
}

const listen = ({ data, ports: [port] }: MessageEvent<WorkerQuestion>): void => {
  void answer(data).then((told) => port?.postMessage(told));
};

self.onmessage = listen;
// Only a shared worker has it; the types here are those of a page.
(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  if (port) port.onmessage = listen;
};
