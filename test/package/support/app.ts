/**
 * A small app that uses the package: the one tab starts a session, another coordinator of the same scope hears of it, and is
 * refused. What comes out is left in `window.result`.
 */
const BODY = `
  const driver = { start: () => 'a session', join: () => 'a session', end() {} };
  const [first, second] = [createCoordinator({ name: 'app', driver }), createCoordinator({ name: 'app', driver })];
  const followed = new Promise((resolve) => {
    second.subscribe(() => second.getSnapshot().phase === 'active' && resolve());
  });
  window.result = first.start().then(async (session) => {
    await followed;
    const refused = await second.start().catch((error) => error);
    return JSON.stringify([session, first.getSnapshot().role, refused instanceof SessionError, refused.code]);
  });`;

/** What the app leaves in `window.result`. */
export const RESULT = JSON.stringify(['a session', 'host', true, 1004]);

/** The app as a module that imports the package from `source`. */
export function appModule(source: string): string {
  return `import { createCoordinator, SessionError } from '${source}';${BODY}`;
}

export function appCommonJs(): string {
  return `const { createCoordinator, SessionError } = require('solotab');${BODY}`;
}

export function appScript(): string {
  return `const { createCoordinator, SessionError } = window.solotab;${BODY}`;
}

/** For a page as in a browser that has no BroadcastChannel: Safari before 15.4. */
export const WITHOUT_BROADCAST_CHANNEL: PageScript = {
  type: 'text/javascript',
  text: 'window.BroadcastChannel = undefined;',
};

/** The text of a script, or where it is. */
export interface PageScript {
  readonly type: 'text/javascript' | 'module';
  readonly src?: string;
  readonly text?: string;
}

/** A page with these scripts. */
export function page(...scripts: readonly PageScript[]): string {
  const tags = scripts.map(
    ({ type, src, text = '' }) => `<script type="${type}"${src === undefined ? '' : ` src="${src}"`}>${text}</script>`,
  );
  return `<!doctype html>\n<meta charset="utf-8">\n<title>app</title>\n${tags.join('\n')}\n`;
}
