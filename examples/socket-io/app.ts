/** socket.io, with one connection for all tabs. It connects again by itself; the driver only says so to the tabs. */
import { io, type Socket } from 'socket.io-client';
import { CommandError, createCoordinator, type DriverContext } from 'solotab';
import type { Draft, Message, ToBrowser, ToServer } from './server';

interface Chat {
  session: Socket<ToBrowser, ToServer>;
  start: undefined;
  /** The number of the last message that the tabs were told. */
  info: { last: number };
  events: { message: Message };
  commands: { send(draft: Draft): number };
}

function connect(context: DriverContext<Chat>): Promise<Chat['session']> {
  return new Promise((resolve, reject) => {
    const socket: Chat['session'] = io({ auth: (send) => send({ after: context.info?.last ?? 0 }) });
    context.signal.addEventListener('abort', () => socket.disconnect());
    let isOpen = false;
    socket.on('connect', () => {
      if (isOpen) context.reconnected();
      else resolve(socket);
      isOpen = true;
    });
    // Refused by the server, as for a session that ran out: socket.io does not try that again.
    socket.on('connect_error', (error) => {
      if (socket.active) return;
      if (isOpen) context.ended('refused');
      else reject(error);
    });
    socket.on('message', (message) => {
      context.emit('message', message);
      context.publish({ last: message.number }); // stored together with the event
    });
    socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') context.ended('kicked');
      else if (socket.active) context.reconnecting();
    });
  });
}

const chat = createCoordinator<Chat>({
  name: 'chat',
  driver: {
    start: (_request, context) => connect(context),
    resume: (_previous, context) => connect(context),
    release: (socket) => void socket.disconnect(),
    end: (socket) => void socket?.disconnect(),
    commands: { send: (socket, draft) => socket.emitWithAck('send', draft) },
  },
  recovery: { by: 'any-tab' },
});

const [list, form, state, connectButton] = [find('ol'), find('form'), find('output'), find('#connect')];
let shown = 0;

chat.on('message', ({ payload: { number, text } }) => {
  // A tab that dies before it has written down what it told: the next one tells it again.
  if (number <= shown) return;
  shown = number;
  list.append(Object.assign(document.createElement('li'), { textContent: text }));
});

chat.subscribe(() => {
  const { phase, role } = chat.getSnapshot();
  state.textContent = `${phase}, ${role}`;
});

chat.on('session_ended', ({ reason }) => {
  state.textContent = `over: ${reason}`;
});

connectButton.addEventListener('click', () => void chat.ensure());

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const field = find('input');
  deliver({ id: crypto.randomUUID(), text: field.value }).catch(({ message }: Error) => {
    find('[role=alert]').textContent = `Not sent: ${message}`;
  });
  field.value = '';
});

/** Sends until the server has it: it drops what it has already, so nothing is said twice. */
async function deliver(draft: Draft): Promise<number> {
  for (;;) {
    try {
      return await chat.call('send', draft);
    } catch (error) {
      // Again only where the connection broke, or its tab died, before the server answered.
      if (!(error instanceof CommandError) || error.outcome === 'refused') throw error;
      // Not at once: while the connection is closing each try fails in the same turn, and the page would stand still until it is closed.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function find<Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name];
function find(selector: string): Element;
function find(selector: string): Element {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`There is no ${selector} in the page.`);
  return element;
}

await chat.ensure();
