/** The session, big and plain: its phase, which tab holds it, and every call that a tab can make. */
import type { Phase, SessionErrorEvent, SessionSnapshot } from 'solotab';
import type { DemoRequest } from '../session-driver';
import { parseInfo } from '../session-info';
import { h } from './dom';
import type { Support } from './support';
import { shortId, tabMark } from './tab-mark';

/** What a tab can ask for, by the names of the buttons. */
export type Call = 'start' | 'join' | 'cancel' | 'end' | 'resume' | 'take-over';

const CALLS: readonly (readonly [Call, string, string])[] = [
  ['start', 'Start', 'Start a session in this tab'],
  ['join', 'Join', 'Join a session by its PIN'],
  ['cancel', 'Cancel', 'Give up the attempt, whichever tab makes it; end a session that lost its tab'],
  ['end', 'End', 'End the session, whichever tab holds it'],
  ['resume', 'Continue here', 'Go on here with a session whose tab is gone'],
  ['take-over', 'Use here', 'Move the session to this tab'],
];

const PHASE_WORDS: Record<Phase, string> = {
  idle: 'Idle',
  connecting: 'Connecting',
  active: 'Active',
  recovering: 'Recovering',
  canceling: 'Canceling',
  ending: 'Ending',
};

/** What is wrong is the PIN. */
const PIN_CODES: readonly number[] = [1006, 1008, 1009, 1010];

type Whose = 'this' | 'other' | 'nobody';

export interface SessionPanel {
  readonly element: HTMLElement;
  readonly pinField: HTMLInputElement;
  /** Makes a call as a click on its button does. What is refused is shown, not thrown. */
  call(call: Call, request?: DemoRequest): void;
}

export interface SessionPanelOptions {
  readonly title: string;
  /** What a tab is called, where somebody gave it a name. */
  nameOf?(tabId: string): string | undefined;
}

export function createSessionPanel(
  support: Support,
  { title, nameOf = () => undefined }: SessionPanelOptions,
): SessionPanel {
  const phase = h('p', { class: 'phase', 'data-testid': 'phase' });
  const host = h('p', { class: 'whose', 'data-testid': 'host' });
  const state = h('div', { role: 'status' }, phase, host);
  const pin = h('dd', { class: 'pin', 'data-testid': 'pin' });
  const company = h('dd', { 'data-testid': 'company' });
  const term = h('dd', { 'data-testid': 'epoch' });
  const notice = h('div', { id: 'notice', class: 'notice', role: 'status', 'data-testid': 'notice' });
  /** The phase in which this tab was refused something; null where the notice is of something else. */
  let refusedIn: Phase | null = null;
  const pinField = h('input', {
    id: 'pin-field',
    class: 'private-part',
    'data-private': true,
    'data-testid': 'pin-field',
    autocomplete: 'off',
    autocapitalize: 'characters',
    spellcheck: 'false',
    maxlength: '16',
  });
  const buttons = new Map(
    CALLS.map(([call, label, title]): [Call, HTMLButtonElement] => {
      const button = h('button', { type: 'button', title, 'data-testid': call }, label);
      button.addEventListener('click', () => run(call));
      return [call, button];
    }),
  );

  const element = h(
    'section',
    { class: 'panel', 'data-testid': 'panel', 'aria-label': title },
    h('header', { class: 'panel-head' }, h('span', {}, title), tabMark(support.tabId)),
    state,
    h(
      'dl',
      { class: 'facts' },
      h('div', {}, h('dt', {}, 'PIN'), pin),
      h('div', {}, h('dt', {}, 'With you'), company),
      h('div', {}, h('dt', {}, 'Term'), term),
    ),
    h(
      'label',
      { class: 'field pin-entry', for: 'pin-field' },
      h('span', {}, 'A PIN to join by, or to start with'),
      pinField,
    ),
    h('div', { class: 'calls', role: 'group', 'aria-label': 'Calls' }, ...buttons.values()),
    h(
      'p',
      { class: 'hint calls-hint' },
      'Press any of them at any time: what can’t be done now is refused, with its code.',
    ),
    notice,
  );

  function run(call: Call, request?: DemoRequest): void {
    notice.replaceChildren();
    for (const attribute of ['aria-invalid', 'aria-describedby']) pinField.removeAttribute(attribute);
    make(call, request ?? typedRequest()).catch((error: unknown) => {
      // A `SessionError` comes as a session_error too; an attempt that was given up is what somebody asked for.
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      if (name !== 'SessionError' && name !== 'AbortError') showText(message);
    });
  }

  function typedRequest(): DemoRequest {
    const pin = pinField.value.trim();
    return pin === '' ? {} : { pin };
  }

  function make(call: Call, request: DemoRequest): Promise<unknown> {
    switch (call) {
      case 'start':
        return support.start(request);
      case 'join':
        return support.join(request);
      case 'cancel':
        return support.cancel();
      case 'end':
        return support.end();
      case 'resume':
        return support.resume();
      case 'take-over':
        return support.takeOver();
    }
  }

  function showError(error: SessionErrorEvent): void {
    const where = error.local
      ? 'In this tab only'
      : error.tabId === support.tabId
        ? 'From this tab, in every tab'
        : `From ${nameOf(error.tabId) ?? `tab ${shortId(error.tabId)}`}, in every tab`;
    refusedIn = error.local ? support.getSnapshot().phase : null;
    if (pinField.value !== '' && PIN_CODES.includes(error.code) && (error.local || error.tabId === support.tabId)) {
      pinField.setAttribute('aria-invalid', 'true');
      pinField.setAttribute('aria-describedby', notice.id);
      pinField.focus();
    }
    notice.dataset.past = 'false';
    notice.replaceChildren(
      h('p', { class: 'notice-code' }, h('b', {}, String(error.code)), ' ', h('span', {}, error.exception)),
      h('p', {}, error.message, ' ', error.suggestedAction),
      h('p', { class: 'notice-where' }, where),
    );
  }

  function showText(text: string): void {
    refusedIn = null;
    notice.dataset.past = 'false';
    notice.replaceChildren(h('p', {}, text));
  }

  function render(): void {
    const snapshot = support.getSnapshot();
    const info = parseInfo(snapshot.info);
    const whose = whoseIs(snapshot);
    element.dataset.phase = snapshot.phase;
    element.dataset.whose = whose;
    if (refusedIn !== null && refusedIn !== snapshot.phase) notice.dataset.past = 'true';
    phase.textContent = PHASE_WORDS[snapshot.phase];
    host.replaceChildren(sentenceFor(snapshot, whose));
    pin.textContent = info?.pin ?? '–';
    company.textContent = companyIn(info);
    term.textContent = snapshot.guarantee === 'exclusive' ? String(snapshot.epoch) : `${snapshot.epoch}, best effort`;
    for (const [call, button] of buttons) button.classList.toggle('primary', call === nextCall(snapshot, whose));
    document.title = `${PHASE_WORDS[snapshot.phase]}${whose === 'this' ? ' here' : ''} – ${title}`;
  }

  support.subscribe(render);
  support.on('session_error', showError);
  for (const type of ['session_started', 'session_joined', 'session_resumed'] as const) {
    support.on(type, () => notice.replaceChildren());
  }
  void support.ready.then(() => {
    const { lastError } = support.getSnapshot();
    if (lastError !== null) showError(lastError);
    render();
  });
  render();

  return { element, pinField, call: run };
}

function whoseIs({ hostTabId, role }: SessionSnapshot): Whose {
  if (role === 'host') return 'this';
  return hostTabId === null ? 'nobody' : 'other';
}

function sentenceFor({ phase }: SessionSnapshot, whose: Whose): string {
  if (phase === 'idle') return 'No session. Any tab may start one.';
  const tab = whose === 'this' ? 'This tab' : 'Another tab';
  switch (phase) {
    case 'connecting':
      return `${tab} is connecting.`;
    case 'active':
      return `${tab} holds the session.`;
    case 'recovering':
      return whose === 'nobody' ? 'The tab that held the session is gone. Continue here?' : `${tab} is reconnecting.`;
    case 'canceling':
      return `${tab} gives up its attempt.`;
    case 'ending':
      return `${tab} is ending the session.`;
  }
}

function companyIn(info: ReturnType<typeof parseInfo>): string {
  if (info === null) return '–';
  if (info.agents.length > 0) return info.agents.map(({ userName }) => userName).join(', ');
  return info.role === 'customer' ? 'nobody yet' : 'no other agent';
}

/** What a user most likely wants to do next. */
function nextCall({ phase }: SessionSnapshot, whose: Whose): Call | null {
  switch (phase) {
    case 'idle':
      return 'start';
    case 'connecting':
      return 'cancel';
    case 'active':
      return whose === 'this' ? 'end' : 'take-over';
    case 'recovering':
      return whose === 'nobody' ? 'resume' : null;
    case 'canceling':
    case 'ending':
      return null;
  }
}
