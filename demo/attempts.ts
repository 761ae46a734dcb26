/** PINs, tokens and tries around a driver that does one attempt. */
import { type Driver, type DriverContext, type Kind, type PreviousTerm, SessionError } from 'solotab';

export interface AttemptContext extends DriverContext {
  /** Good for this attempt; never published. */
  readonly token: string;
  readonly pin: string | undefined;
}

export interface AttemptDriver<Session, Request> {
  start(request: Request, context: AttemptContext): Promise<Session>;
  join(request: Request, context: AttemptContext): Promise<Session>;
  resume(previous: PreviousTerm, context: AttemptContext): Promise<Session>;
  release(session: Session, context: DriverContext): void;
  end(session: Session | null, context: DriverContext): Promise<void>;
}

export interface AttemptOptions {
  readonly pin: () => 'none' | 'required';
  readonly token: () => Promise<string>;
  /** Tries in all while the network fails. */
  readonly tries: number;
}

interface WithPin {
  readonly pin?: string;
}

const PAUSE_MS = 250;

export function withAttempts<Session, Request extends WithPin>(
  driver: AttemptDriver<Session, Request>,
  { pin: pinMode, token, tries }: AttemptOptions,
): Driver<Session, Request> {
  function prepare(kind: Kind, request: Request): Request {
    const { pin } = request;
    if (pin === undefined) {
      if (kind === 'start' && pinMode() === 'required') throw new SessionError(1009);
      return request;
    }
    if (!/^[0-9A-Za-z]{1,10}$/.test(pin)) throw new SessionError(1008);
    return { ...request, pin: pin.toUpperCase() };
  }

  async function run(
    context: DriverContext,
    pin: string | undefined,
    attempt: (context: AttemptContext) => Promise<Session>,
    fallbackCode: 1001 | 1011,
  ): Promise<Session> {
    let freshTokens = 0;
    for (let attempts = 1; ; attempts += 1) {
      try {
        const accessToken = await token();
        // Its methods don't need a `this`.
        return await attempt({ ...context, info: context.info, pin, token: accessToken });
      } catch (cause) {
        const error = SessionError.from(cause, fallbackCode);
        const again = error.code === 2001 ? freshTokens < 1 : error.code === 1016 && attempts < tries;
        if (error.code === 2001) freshTokens += 1;
        if (!again || context.signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.code === 1016 ? PAUSE_MS * attempts : 0));
        if (context.signal.aborted) throw error;
      }
    }
  }

  return {
    prepare,
    start: (request, context) => run(context, request.pin, (attempt) => driver.start(request, attempt), 1001),
    join: (request, context) => run(context, request.pin, (attempt) => driver.join(request, attempt), 1011),
    resume: (previous, context) => run(context, undefined, (attempt) => driver.resume(previous, attempt), 1011),
    release: (session, context) => driver.release(session, context),
    end: (session, context) => driver.end(session, context),
  };
}
