/**
 * The agent's page. An agent has no tabs to coordinate: this page speaks to the session server directly, and several of
 * them are several agents.
 */
import { SESSION_ERRORS } from 'solotab';
import { PLAIN_CAKE } from '../cake';
import { type Line, openLine, ServiceError } from '../line';
import { type Act, type ClientMessage, DEMO_PROTOCOL, type MemberView, type ServerMessage } from '../protocol';
import { fetchToken } from '../service';
import { createCakeView } from '../ui/cake-view';
import { throwConfetti } from '../ui/confetti';
import { byId, h } from '../ui/dom';
import { watchPointing } from '../ui/pointing';

const SITE = 'cakes';
/** An agent's page has one term. */
const EPOCH = 1;
const NAMES = ['Robin', 'Sam', 'Noor', 'Kim', 'Alex', 'Mika'] as const;

const userId = `agent-${crypto.randomUUID().slice(0, 8)}`;
const view = createCakeView();
const panel = byId('panel', HTMLElement);
const state = byId('state', HTMLElement);
const sentence = byId('sentence', HTMLElement);
const notice = byId('notice', HTMLElement);
const nameField = byId('name', HTMLInputElement);
const pinField = byId('pin', HTMLInputElement);
const memberList = byId('members', HTMLElement);
const sessionPin = byId('session-pin', HTMLElement);
const whenOut = [byId('join', HTMLButtonElement), byId('open', HTMLButtonElement)];
const whenIn = ['leave', 'cheer', 'clear'].map((id) => byId(id, HTMLButtonElement));
let line: Line | null = null;

nameField.value = NAMES[Math.floor(Math.random() * NAMES.length)] ?? 'Robin';
pinField.value = location.hash.slice(1, 11);
byId('stage', HTMLElement).append(view.element);
view.show(PLAIN_CAKE);

const token = () => fetchToken(SITE, { userId, userName: nameField.value }, 'agent');

byId('entry', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const pin = pinField.value.trim().toUpperCase();
  void enter((token) => ({ type: 'join', version: DEMO_PROTOCOL, token, epoch: EPOCH, pin }));
});
byId('open', HTMLButtonElement).addEventListener('click', () => {
  void enter((token) => ({ type: 'start', version: DEMO_PROTOCOL, token, epoch: EPOCH, pin: null }));
});
byId('leave', HTMLButtonElement).addEventListener('click', () => {
  line?.send({ type: 'end', epoch: EPOCH, token: null, sessionId: null });
});
byId('clear', HTMLButtonElement).addEventListener('click', () => act({ kind: 'clear' }));
byId('cheer', HTMLButtonElement).addEventListener('click', () => {
  throwConfetti();
  act({ kind: 'cheer' });
});
watchPointing(byId('stage', HTMLElement), act);

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
    if (connected.cake !== null) view.show(connected.cake);
    meet(connected.members);
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
    case 'acted':
      if (message.act.kind === 'page') view.show(message.act.cake);
      break;
    case 'error':
      say(message.code);
      if (message.code === 2001) void token().then((fresh) => line?.send({ type: 'renew', token: fresh }));
      break;
    case 'ended':
      line = null;
      view.forget();
      show('idle', 'Over', `The session is over: ${message.reason}.`);
      break;
  }
}

/** The line is closed. If nobody said why, it broke. */
function left(): void {
  if (line === null) return;
  line = null;
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
    show('active', 'Connected', `${customer.userName} is here. You see the cake in the tab that holds the session.`);
  else show('recovering', 'Away', `${customer.userName} is changing tabs or has lost the line. They have two minutes.`);
}

function act(what: Act): void {
  if (line === null) return;
  line.send({ type: 'act', epoch: EPOCH, act: what });
  if (what.kind === 'point') view.point(what.x, what.y, nameField.value);
  else if (what.kind === 'draw') view.draw(what.points);
  else if (what.kind === 'clear') view.clear();
}

function show(phase: string, word: string, text: string): void {
  panel.dataset.phase = phase;
  panel.dataset.whose = phase === 'active' ? 'this' : 'nobody';
  state.textContent = word;
  sentence.textContent = text;
  for (const button of whenOut) button.disabled = phase !== 'idle';
  for (const button of whenIn) button.disabled = line === null;
}

function say(code: number): void {
  const known = Object.values(SESSION_ERRORS).find((entry) => entry.code === code);
  notice.replaceChildren(
    h('p', { class: 'notice-code' }, h('b', {}, String(code)), ' ', h('span', {}, known?.exception ?? '')),
    h('p', {}, known?.message ?? '', ' ', known?.suggestedAction ?? ''),
  );
}
