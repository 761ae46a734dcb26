/** The part of the page that makes trouble. Each fault is a change at the session server, and what follows is its own doing. */
import type { Service } from '../service';
import { parseInfo } from '../session-info';
import { byId } from './dom';
import type { Support } from './support';

export function offerTrouble(support: Support, service: Service): void {
  const latency = byId('latency', HTMLSelectElement);
  const kind = byId('trouble-kind', HTMLSelectElement);
  const said = byId('trouble-said', HTMLElement);

  async function makeTrouble(): Promise<string> {
    const sessionId = parseInfo(support.getSnapshot().info)?.sessionId ?? null;
    switch (kind.value) {
      case 'blip':
        if (sessionId === null) return 'There is no line to cut.';
        await service.trouble('cut', sessionId);
        return 'The line was cut. It can be mended.';
      case 'network':
        await service.change({ refuseConnections: true });
        if (sessionId !== null) await service.trouble('cut', sessionId);
        return 'The network is down until you repair it.';
      case 'token':
        await service.trouble('expire-tokens', null);
        return 'The tokens that are in use ran out.';
      case 'service':
        await service.change({ serviceDown: false });
        await service.change({ serviceDown: true });
        return 'The service is in trouble until you repair it.';
      case 'credit':
        await service.change({ creditUsedUp: true });
        return 'No session can be started until you repair it.';
      default:
        if (sessionId === null) return 'There is no session to close.';
        await service.trouble('close', sessionId);
        return 'The service closed the session.';
    }
  }

  const say = (work: Promise<string>) =>
    work
      .catch(() => 'The session server does not answer.')
      .then((text) => {
        said.textContent = text;
      });
  latency.addEventListener('change', () =>
    say(
      service
        .change({ latencyMs: Number(latency.value) })
        .then(() => `From now on every message takes ${latency.selectedOptions[0]?.text}.`),
    ),
  );
  byId('trouble-go', HTMLButtonElement).addEventListener('click', () => say(makeTrouble()));
  byId('repair', HTMLButtonElement).addEventListener('click', () =>
    say(
      service.repair().then(({ conditions }) => {
        latency.value = String(conditions.latencyMs);
        return 'Everything works again.';
      }),
    ),
  );
  void service.view().then(
    ({ conditions }) => {
      latency.value = String(conditions.latencyMs);
    },
    () => undefined,
  );
}
