/** Other people: real connections of the lab's own, to make the sessions crowded. */
import { type Line, openLine } from '../line';
import { DEMO_PROTOCOL, type Role } from '../protocol';
import { fetchToken } from '../service';

export type Extras = ReturnType<typeof createExtras>;

export function createExtras(site: string) {
  const lines: Line[] = [];

  async function lineFor(userId: string, role: Role) {
    const token = await fetchToken(site, { userId, userName: userId }, role);
    const line = await openLine({ site });
    lines.push(line);
    return { line, token };
  }

  return {
    /** Somebody starts a session with this PIN. */
    async start(userId: string, role: Role, pin: string): Promise<Line> {
      const { line, token } = await lineFor(userId, role);
      await line.ask({ type: 'start', version: DEMO_PROTOCOL, token, epoch: 1, pin });
      return line;
    },
    async join(userId: string, role: Role, pin: string): Promise<Line> {
      const { line, token } = await lineFor(userId, role);
      await line.ask({ type: 'join', version: DEMO_PROTOCOL, token, epoch: 1, pin });
      return line;
    },
    /** Everybody ends what they are in. */
    async leave(): Promise<void> {
      for (const line of lines) line.send({ type: 'end', epoch: 1, token: null, sessionId: null });
      const gone = lines.splice(0).map(({ closed }) => closed);
      await Promise.all(gone);
    },
  };
}
