/** The customer's page: a cake to order, and live help that is one session in all tabs. */
import { type Cake, PLAIN_CAKE, parseCake } from '../cake';
import { createService, type Service } from '../service';
import { type DemoSession, parseInfo } from '../session-driver';
import { createCakeView } from '../ui/cake-view';
import { throwConfetti } from '../ui/confetti';
import { byId } from '../ui/dom';
import { createEventLog } from '../ui/event-log';
import { createSessionPanel } from '../ui/session-panel';
import { openSupport, type Support, writeLog } from '../ui/support';

const SITE = 'cakes';

const view = createCakeView();
const order = byId('order', HTMLFormElement);
const stage = byId('stage', HTMLElement);
const mirror = byId('mirror', HTMLElement);
const agentLink = byId('be-agent', HTMLAnchorElement);
const pinRequired = byId('pin-required', HTMLInputElement);
let session: DemoSession | null = null;
let cake: Cake = PLAIN_CAKE;

const support = openSupport({
  scope: 'crumb',
  site: SITE,
  pinRequired: () => pinRequired.checked,
  onSession(held) {
    session = held;
    if (held === null) view.forget();
    else held.act({ kind: 'page', cake });
  },
  onAct(act, userName) {
    if (act.kind === 'point') view.point(act.x, act.y, userName);
    else if (act.kind === 'draw') view.draw(act.points);
    else if (act.kind === 'clear') view.clear();
  },
});

const log = createEventLog(support.tabId);
writeLog(support, log.add);
support.on('agent_cheered', throwConfetti);
support.subscribe(sayWhoSees);

byId('support', HTMLElement).append(createSessionPanel(support, { title: 'Live help' }).element);
byId('log', HTMLElement).append(log.element);
stage.append(view.element);
order.addEventListener('input', showOrder);
order.addEventListener('submit', (event) => event.preventDefault());
showOrder();
sayWhoSees();
offerTrouble(support, createService(SITE));

function showOrder(): void {
  const { sponge, icing, topping, tiers, wish } = Object.fromEntries(new FormData(order));
  cake = parseCake({ sponge, icing, topping, tiers: Number(tiers), wish }) ?? cake;
  view.show(cake);
  session?.act({ kind: 'page', cake });
}

function sayWhoSees(): void {
  const { phase, role, info } = support.getSnapshot();
  const shared = parseInfo(info);
  const agents = shared?.agents.map(({ userName }) => userName) ?? [];
  const isShown = phase === 'active' && role === 'host';
  agentLink.hash = shared?.pin ?? '';
  stage.dataset.lit = String(isShown && agents.length > 0);
  if (shared === null) mirror.textContent = 'Nobody else sees this cake.';
  else if (!isShown) mirror.textContent = 'Nobody else sees this cake: the session shows the one in its own tab.';
  else if (agents.length > 0) mirror.textContent = `${agents.join(', ')} can see this cake.`;
  else mirror.textContent = 'An agent who joins will see this cake.';
}

/** The page's faults: each is a change at the session server, and what follows is its own doing. */
function offerTrouble(support: Support, service: Service): void {
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
