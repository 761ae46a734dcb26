/**
 * The agent's page. An agent has no tabs to coordinate: this page speaks to the session server directly, and several of
 * them are several agents.
 */
import { SESSION_ERRORS } from 'solotab';
import { createReplay } from '../cobrowse/replay';
import { type Line, openLine, ServiceError } from '../line';
import {
  type Act,
  type Assist,
  type ClientMessage,
  DEMO_PROTOCOL,
  type MemberView,
  type ServerMessage,
} from '../protocol';
import { fetchToken } from '../service';
import { createAssistLayer } from '../ui/assist-layer';
import { throwConfetti } from '../ui/confetti';
import { byId, h } from '../ui/dom';
import { watchPointing } from '../ui/pointing';

const SITE = 'cakes';
/** An agent's page has one term. */
const EPOCH = 1;
/** What the service's reasons mean to an agent. */
const ENDINGS: Readonly<Record<string, string>> = {
  ended: 'The session was ended.',
  left: 'You have left the session.',
  lost: 'Your line was down for too long.',
  'customer lost': 'The customer did not come back in time.',
  'closed by the service': 'The service closed the session.',
};
const NAMES = ['Robin', 'Sam', 'Noor', 'Kim', 'Alex', 'Mika'] as const;

const userId = `agent-${crypto.randomUUID().slice(0, 8)}`;
const panel = byId('panel', HTMLElement);
const state = byId('state', HTMLElement);
const sentence = byId('sentence', HTMLElement);
const notice = byId('notice', HTMLElement);
const nameField = byId('name', HTMLInputElement);
const pinField = byId('pin', HTMLInputElement);
const memberList = byId('members', HTMLElement);
const sessionPin = byId('session-pin', HTMLElement);
const stage = byId('stage', HTMLElement);
const leave = byId('leave', HTMLButtonElement);
const callsIn = [byId('join', HTMLButtonElement), byId('open', HTMLButtonElement)];
const ask = byId('ask', HTMLButtonElement);
const clear = byId('clear', HTMLButtonElement);
const cheer = byId('cheer', HTMLButtonElement);
const assistSaid = byId('assist-said', HTMLElement);
const stageEmpty = byId('stage-empty', HTMLElement);
/** Over the customer's page: takes the pointer, the wheel and the keys. */
const pointing = h('button', {
  type: 'button',
  class: 'pointing',
  'aria-label': 'The customer’s page: point, draw and scroll',
  'aria-describedby': 'stage-help',
  'data-testid': 'pointing',
  hidden: true,
});
const layer = createAssistLayer();
const mouse = h('div', { class: 'customer-mouse', 'data-testid': 'customer-mouse', hidden: true });
const replay = createReplay({
  onGap: () => act({ kind: 'look' }),
  onPicture() {
    stageEmpty.hidden = true;
    layer.clear();
  },
  onScroll: layer.clear,
  onMouse(x, y) {
    mouse.hidden = false;
    mouse.style.left = `${x}%`;
    mouse.style.top = `${y}%`;
  },
});
/** What an agent who is out needs, and what one who is in. */
const outside = [...callsIn, byId('fields', HTMLElement), byId('where-from', HTMLElement)];
const inside = [leave, byId('facts', HTMLElement)];
let line: Line | null = null;
let assist: Assist = { state: 'none' };

nameField.value = NAMES[Math.floor(Math.random() * NAMES.length)] ?? 'Robin';
pinField.value = location.hash.slice(1, 11);
stage.append(replay.element, mouse, layer.element, pointing);

const token = () => fetchToken(SITE, { userId, userName: nameField.value }, 'agent');

byId('entry', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const pin = pinField.value.trim().toUpperCase();
  void enter((token) => ({ type: 'join', version: DEMO_PROTOCOL, token, epoch: EPOCH, pin }));
});
byId('open', HTMLButtonElement).addEventListener('click', () => {
  void enter((token) => ({ type: 'start', version: DEMO_PROTOCOL, token, epoch: EPOCH, pin: null }));
});
leave.addEventListener('click', () => {
  line?.send({ type: 'leave' });
});
ask.addEventListener('click', () => act({ kind: 'ask' }));
clear.addEventListener('click', () => act({ kind: 'clear' }));
cheer.addEventListener('click', () => {
  throwConfetti();
  act({ kind: 'cheer' });
});
watchPointing(pointing, act);

async function enter(messageWith: (token: string) => ClientMessage): Promise<void> {
  notice.replaceChildren();
  show('connecting', 'Connecting', 'One moment.');
  try {
    const message = messageWith(await token());
    const opened = await openLine({ site: SITE, onMessage: hear, onClosed: left });
    const connected = await opened.ask(message);
    if (connected.type === 'ended') throw new ServiceError(1011, connected.reason);
    line = opened;
    sessionPin.textContent = connected.pin;
    pinField.value = connected.pin;
    meet(connected.members);
    agree(connected.assist);
    // What had the focus is hidden now.
    leave.focus({ preventScroll: true });
  } catch (error) {
    show('idle', 'Free', 'Ask the customer for the PIN.');
    say(error instanceof ServiceError ? error.code : 1016);
  }
}

function hear(message: ServerMessage): void {
  switch (message.type) {
    case 'members':
      meet(message.members);
      break;
    case 'recorded':
      replay.take(message);
      break;
    case 'unshowable':
      clearStage('The customer’s page is too large to be shown.');
      break;
    case 'assist':
      agree(message.assist);
      break;
    case 'error':
      say(message.code);
      if (message.code === 2001) void token().then((fresh) => line?.send({ type: 'renew', token: fresh }));
      break;
    case 'ended':
      line = null;
      agree({ state: 'none' });
      clearStage('The customer’s page is shown here once you are in.');
      show('idle', 'Over', ENDINGS[message.reason] ?? 'The session is over.');
      break;
  }
}

/** The line is closed. If nobody said why, it broke. */
function left(): void {
  if (line === null) return;
  line = null;
  agree({ state: 'none' });
  clearStage('The customer’s page is shown here once you are in.');
  show('idle', 'Cut off', 'The line to the session broke. Join again.');
}

function meet(members: readonly MemberView[]): void {
  const customer = members.find(({ role }) => role === 'customer');
  memberList.replaceChildren(
    ...members.map(({ userId: id, userName, role, present }) => {
      const you = id === userId ? ', you' : '';
      return h('span', { class: 'member' }, `${userName} (${role}${you})${present ? '' : ' – away'}`);
    }),
  );
  if (!customer) show('active', 'Waiting', 'No customer yet. Give them the PIN.');
  else if (customer.present)
    show('active', 'Connected', `${customer.userName} is here. You see the tab that holds the session.`);
  else show('recovering', 'Away', `${customer.userName} has two minutes to come back, in whichever tab.`);
}

function act(what: Act): void {
  if (line === null) return;
  line.send({ type: 'act', epoch: EPOCH, act: what });
  if (what.kind === 'point') layer.point(what.x, what.y, nameField.value);
  else if (what.kind === 'draw') layer.draw(what.points);
  else if (what.kind === 'clear') layer.clear();
}

/** Shows what the customer allows. */
function agree(to: Assist): void {
  assist = to;
  const isMine = assist.state !== 'none' && assist.userId === userId;
  const allowed = isMine && assist.state === 'given';
  const hadFocus = document.activeElement === pointing;
  pointing.hidden = !allowed;
  ask.disabled = line === null || assist.state !== 'none';
  clear.disabled = !allowed;
  stage.dataset.assist = allowed ? 'given' : assist.state;
  if (!allowed) layer.forget();
  if (!allowed && hadFocus) leave.focus({ preventScroll: true });
  if (assist.state === 'none')
    assistSaid.textContent = line === null ? '' : 'You look on. To point, draw or scroll, ask.';
  else if (!isMine) assistSaid.textContent = `${assist.userName} has remote assist, or has asked for it.`;
  else if (allowed) assistSaid.textContent = 'The customer lets you point, draw and scroll.';
  else assistSaid.textContent = 'You have asked. The customer decides.';
}

function clearStage(text: string): void {
  replay.forget();
  layer.forget();
  mouse.hidden = true;
  stageEmpty.textContent = text;
  stageEmpty.hidden = false;
}

function show(phase: string, word: string, text: string): void {
  panel.dataset.phase = phase;
  panel.dataset.whose = phase === 'active' ? 'this' : 'nobody';
  stage.dataset.lit = String(phase === 'active' && word === 'Connected');
  state.textContent = word;
  sentence.textContent = text;
  for (const button of callsIn) button.disabled = phase !== 'idle';
  cheer.disabled = line === null;
  for (const element of outside) element.hidden = line !== null;
  for (const element of inside) element.hidden = line === null;
}

function say(code: number): void {
  const known = Object.values(SESSION_ERRORS).find((entry) => entry.code === code);
  notice.replaceChildren(
    h('p', { class: 'notice-code' }, h('b', {}, String(code)), ' ', h('span', {}, known?.exception ?? '')),
    h('p', {}, known?.message ?? '', ' ', known?.suggestedAction ?? ''),
  );
}
