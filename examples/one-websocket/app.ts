/** One WebSocket for all tabs: every tab shows every message once, and any tab can send. */
import { CommandError, createCoordinator, type DriverContext, reconnect } from 'solotab';
import type { Draft, Frame, Message } from './server';

interface Room {
  session: WebSocket;
  start: undefined;
  /** The number of the last message that the tabs were told. */
  info: { last: number };
  events: { message: Message };
  commands: { send(draft: Draft): void };
}

/** Whose socket it is: epochs are counted in each browser. In your app the user whom the server knows by the cookie of the handshake. */
localStorage['room browser'] ??= crypto.randomUUID();
const browser: string = localStorage['room browser'];

/** A socket that is open. Whoever aborts `signal` closes it, also while it opens. */
function open(context: DriverContext<Room>, signal: AbortSignal): Promise<WebSocket> {
  const { epoch, info } = context;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/?browser=${browser}&epoch=${epoch}&after=${info?.last ?? 0}`);
    signal.addEventListener('abort', () => socket.close());
    socket.addEventListener('message', ({ data }) => {
      const frame: Frame = JSON.parse(data);
      if (!('message' in frame)) return;
      context.emit('message', frame.message);
      context.publish({ last: frame.message.number }); // stored together with the event
    });
    socket.onopen = () => {
      socket.onclose = () => void reconnect(context, (again) => open(context, again));
      resolve(socket);
    };
    socket.onclose = reject; // never opened
  });
}

/** Resolves once the server has taken the message. */
function send(socket: WebSocket, draft: Draft): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) throw new Error('The socket is closed.');
    const answered = new AbortController();
    const { signal } = answered;
    socket.addEventListener('close', () => reject(new Error('The socket was closed.')), { signal });
    socket.addEventListener(
      'message',
      ({ data }) => {
        if (JSON.parse(data).taken !== draft.id) return;
        answered.abort();
        resolve();
      },
      { signal },
    );
    socket.send(JSON.stringify(draft));
  });
}

function close(socket: WebSocket | null): void {
  if (!socket) return;
  socket.onclose = null; // closed on purpose
  socket.close();
}

const room = createCoordinator<Room>({
  name: 'room',
  driver: {
    start: (_request, context) => open(context, context.signal),
    resume: (_previous, context) => open(context, context.signal),
    release: close,
    end: close,
    commands: { send },
  },
  recovery: { by: 'any-tab' },
});

const [list, form, state] = [find('ol'), find('form'), find('output')];
let shown = 0;

room.on('message', ({ payload: { number, text } }) => {
  // A tab that dies before it has written down what it told: the next one tells it again.
  if (number <= shown) return;
  shown = number;
  list.append(Object.assign(document.createElement('li'), { textContent: text }));
});

room.subscribe(() => {
  const { phase, role } = room.getSnapshot();
  state.textContent = `${phase}, ${role}`;
});

form.onsubmit = (event) => {
  event.preventDefault();
  const field = find('input');
  deliver({ id: crypto.randomUUID(), text: field.value }).catch(({ message }: Error) => {
    state.textContent = `Not sent: ${message}`;
  });
  field.value = '';
};

/** Sends until the server has it: it drops what it has already, so nothing is said twice. */
async function deliver(draft: Draft): Promise<void> {
  for (;;) {
    try {
      return await room.call('send', draft);
    } catch (error) {
      // Again only where the socket broke, or its tab died, before the server answered.
      if (!(error instanceof CommandError) || error.outcome === 'refused') throw error;
      // Not at once: while the socket is closing each try fails in the same turn, and the page would stand still until it is closed.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function find<Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] {
  const element = document.querySelector(name);
  if (!element) throw new Error(`There is no <${name}> in the page.`);
  return element;
}

await room.ensure();
