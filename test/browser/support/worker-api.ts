/** How tests talk to `pages/worker.ts`, through a page. */
import type * as solotab from '../../../src/index';
import type { Tab } from './tab';

export type WorkerKind = 'dedicated' | 'shared' | 'service';

/** `method` is called first; then `phase` is waited for. */
export interface WorkerQuestion {
  readonly scope: string;
  readonly method?: 'start' | 'join' | 'resume' | 'takeOver' | 'ensure' | 'call' | 'end' | 'close';
  readonly args?: readonly unknown[];
  readonly phase?: solotab.Phase;
}

export interface WorkerAnswer {
  readonly tabId: string;
  readonly snapshot: solotab.SessionSnapshot;
  readonly events: readonly string[];
  readonly logs: readonly string[];
  readonly outcome?:
    | {
        readonly value?: unknown;
        readonly error?: { readonly name?: unknown; readonly code?: unknown; readonly suggestedAction?: unknown };
      }
    | undefined;
}

declare global {
  interface Window {
    /** The workers that this page has asked. */
    workers?: Map<string, { postMessage(message: unknown, ports: MessagePort[]): void } | null>;
  }
}

/** Asks the worker of that kind that the page in `tab` has for `scope`; it is made by the first question. */
export function askWorker(tab: Tab, kind: WorkerKind, question: WorkerQuestion): Promise<WorkerAnswer> {
  return tab.evaluate(
    async ([which, asked]) => {
      const url = '/bundle/worker.js';
      const options = { type: 'module', name: asked.scope } as const;
      const make = async () => {
        if (which === 'dedicated') return new Worker(url, options);
        if (which === 'shared') return new SharedWorker(url, options).port;
        const registration = await navigator.serviceWorker.register(url, { type: 'module' });
        const worker = registration.active ?? registration.waiting ?? registration.installing;
        if (worker && worker.state !== 'activated') {
          await new Promise<void>((resolve) => {
            worker.onstatechange = () => worker.state === 'activated' && resolve();
          });
        }
        return worker;
      };
      window.workers ??= new Map();
      const { workers } = window;
      const worker = workers.get(which) ?? (await make());
      workers.set(which, worker);
      return new Promise<WorkerAnswer>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data);
        if (worker instanceof MessagePort) worker.start();
        worker?.postMessage(asked, [port2]);
      });
    },
    [kind, question] as const,
  );
}
