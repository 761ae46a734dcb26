/** A softphone with one registration and one call for all tabs: dial, answer, mute and press digits in whichever tab is in front. */
import { Web } from 'sip.js';
import { createCoordinator, type DriverContext } from 'solotab';

interface Shown {
  readonly state: 'ready' | 'dialing' | 'ringing' | 'talking';
  readonly isMuted: boolean;
}

interface Line {
  readonly user: Web.SimpleUser;
  show(change: Partial<Shown>): void;
}

interface Phone {
  session: Line;
  start: undefined;
  info: Shown;
  events: { digit: string };
  commands: {
    dial(whom: string): void;
    answer(): void;
    mute(on: boolean): void;
    digit(tone: string): void;
    hangUp(): void;
  };
}

const me = new URLSearchParams(location.search).get('user') ?? 'alice';
const [state, digits] = [find('output'), find('samp')];
const READY: Shown = { state: 'ready', isMuted: false };

/** Resolves once the phone is registered. SIP.js connects and registers again by itself. */
function goOnline(context: DriverContext<Phone>): Promise<Line> {
  return new Promise((resolve, reject) => {
    const show: Line['show'] = (change) => context.publish({ ...READY, ...context.info, ...change });
    const user = new Web.SimpleUser(`ws://${location.host}`, {
      aor: addressOf(me),
      media: { remote: { audio: new Audio() } },
      reconnectionAttempts: Number.POSITIVE_INFINITY,
      reconnectionDelay: 1,
      delegate: {
        onCallCreated: () => show({ state: 'dialing' }),
        onCallReceived: () => show({ state: 'ringing' }),
        onCallAnswered: () => show({ state: 'talking' }),
        onCallHangup: () => show(READY),
        onCallDTMFReceived: (tone) => context.emit('digit', tone),
        onServerDisconnect: () => context.reconnecting(),
        onRegistered() {
          show(READY);
          context.reconnected();
          resolve({ user, show });
        },
      },
      userAgentOptions: {
        logLevel: 'error',
        // Both phones are on this machine: nobody needs to be asked for an address.
        sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
      },
    });
    context.signal.addEventListener('abort', () => void goOffline({ user }));
    user
      .connect()
      .then(() => user.register())
      .catch(reject);
  });
}

/** Ends the call, if there is one. */
async function goOffline(line: Pick<Line, 'user'> | null): Promise<void> {
  if (!line) return;
  line.user.delegate = undefined; // disconnected on purpose
  await line.user.disconnect();
}

const phone = createCoordinator<Phone>({
  name: `phone of ${me}`,
  driver: {
    start: (_request, context) => goOnline(context),
    resume: (_previous, context) => goOnline(context),
    release: goOffline,
    end: goOffline,
    commands: {
      dial: ({ user }, whom) => user.call(addressOf(whom)),
      answer: ({ user }) => user.answer(),
      mute({ user, show }, on) {
        if (on) user.mute();
        else user.unmute();
        show({ isMuted: user.isMuted() });
      },
      digit: ({ user }, tone) => user.sendDTMF(tone),
      hangUp: ({ user }) => user.hangup(),
    },
  },
  recovery: { by: 'any-tab' },
});

phone.subscribe(() => {
  const { phase, role, info } = phone.getSnapshot();
  state.textContent = `${phase}, ${role}, ${info?.state ?? 'offline'}${info?.isMuted ? ', muted' : ''}`;
});

phone.on('digit', ({ payload }) => digits.append(payload));

onClick('Dial', () => phone.call('dial', find('input').value));
onClick('Answer', () => phone.call('answer'));
onClick('Mute', () => phone.call('mute', true));
onClick('Unmute', () => phone.call('mute', false));
onClick('Press 5', () => phone.call('digit', '5'));
onClick('Hang up', () => phone.call('hangUp'));

function onClick(label: string, act: () => Promise<void>): void {
  const button = Object.assign(document.createElement('button'), { textContent: label, type: 'button' });
  button.onclick = () =>
    act().catch(({ message }: Error) => {
      state.textContent = `${label}: ${message}`;
    });
  find('nav').append(button);
}

function addressOf(user: string): string {
  return `sip:${user}@example.com`;
}

function find<Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] {
  const element = document.querySelector(name);
  if (!element) throw new Error(`There is no <${name}> in the page.`);
  return element;
}

await phone.ensure();
