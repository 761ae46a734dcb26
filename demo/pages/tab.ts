/** A live tab in a frame of the lab: the panel alone, and a report to the lab of whatever happens. */
import type { RecoveryPolicy } from 'solotab';
import { isLabCall, isLabNames, type TabReport } from '../lab/messages';
import type { Role } from '../protocol';
import { parseInfo } from '../session-info';
import { mountUnseen } from '../ui/devtools';
import { byId } from '../ui/dom';
import { createSessionPanel } from '../ui/session-panel';
import { openSupport, writeLog } from '../ui/support';

const POLICIES: readonly RecoveryPolicy[] = ['same-tab', 'any-tab', 'manual', 'none'];

const parameters = new URLSearchParams(location.search);
const wanted = parameters.get('recovery');
let role: Role = 'customer';
let pinRequired = false;
let names: ReadonlyMap<string, string> = new Map();

const support = openSupport({
  scope: 'lab',
  site: 'lab',
  recovery: POLICIES.find((policy) => policy === wanted) ?? 'same-tab',
  role: () => role,
  pinRequired: () => pinRequired,
});
const panel = createSessionPanel(support, {
  title: `Tab ${parameters.get('label') ?? ''}`,
  nameOf: (tabId) => names.get(tabId),
});
byId('tab', HTMLElement).append(panel.element);

void mountUnseen(support, 'lab');
writeLog(support, (entry) => report({ type: 'tab-event', entry }));
support.subscribe(reportState);
void support.ready.then(reportState);

addEventListener('message', ({ source, origin, data }) => {
  if (source !== parent || origin !== location.origin) return;
  if (isLabNames(data)) names = data.names;
  if (!isLabCall(data)) return;
  ({ role, pinRequired } = data);
  panel.call(data.call, data.pin === undefined ? {} : { pin: data.pin });
});

function reportState(): void {
  const { phase, hostTabId, info } = support.getSnapshot();
  const sessionId = parseInfo(info)?.sessionId ?? null;
  report({ type: 'tab-state', tabId: support.tabId, phase, hostTabId, sessionId });
}

function report(message: TabReport): void {
  parent.postMessage(message, location.origin);
}
