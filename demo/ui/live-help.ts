/** Live help on a page of the shop: the session's panel, its log, and what an agent does on this page. */
import { createRecording } from '../cobrowse/recording';
import type { Act } from '../protocol';
import { parseInfo } from '../session-info';
import { createAssistLayer } from './assist-layer';
import { createAssistPanel } from './assist-panel';
import { throwConfetti } from './confetti';
import { byId } from './dom';
import { createEventLog } from './event-log';
import { createFollowBox, follows } from './following';
import { createSessionPanel } from './session-panel';
import { openSupport, type Support, writeLog } from './support';

export const SITE = 'cakes';

export interface LiveHelpOptions {
  /** Whether a start has to bring its own PIN. */
  pinRequired?(): boolean;
}

export function openLiveHelp(options: LiveHelpOptions = {}): Support {
  const layer = createAssistLayer();
  const mirror = byId('mirror', HTMLElement);
  const support = openSupport({
    ...options,
    scope: 'crumb',
    site: SITE,
    follows,
    createRecording,
    onSession(held) {
      if (held === null) layer.forget();
    },
    onAct,
  });

  function onAct(act: Act, userName: string): void {
    if (act.kind === 'point') layer.point(act.x, act.y, userName);
    else if (act.kind === 'draw') layer.draw(act.points);
    else if (act.kind === 'clear') layer.clear();
    else if (act.kind === 'scroll') scrollBy({ top: (act.by / 100) * innerHeight, behavior: 'instant' });
  }

  function render(): void {
    const { phase, role, info } = support.getSnapshot();
    const shared = parseInfo(info);
    const agents = shared?.agents.map(({ userName }) => userName) ?? [];
    const isShown = phase === 'active' && role === 'host';
    if (shared?.assist.state !== 'given') layer.forget();
    document.body.dataset.seen = String(isShown && agents.length > 0);
    if (shared === null) mirror.textContent = 'Nobody else sees this page.';
    else if (!isShown) mirror.textContent = 'Nobody else sees this page: the session shows the one in its own tab.';
    else if (agents.length > 0) mirror.textContent = `${agents.join(', ')} can see this page.`;
    else mirror.textContent = 'An agent who joins will see this page.';
  }

  const log = createEventLog(support.tabId);
  writeLog(support, log.add);
  support.on('agent_cheered', throwConfetti);
  support.subscribe(render);
  // What was drawn belongs to the place where it was drawn.
  addEventListener('scroll', layer.clear, { passive: true });
  byId('support', HTMLElement).append(
    createSessionPanel(support, { title: 'Live help' }).element,
    createFollowBox(),
    createAssistPanel(support),
  );
  byId('log', HTMLElement).append(log.element);
  document.body.append(layer.element);
  render();
  return support;
}
