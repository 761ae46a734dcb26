/**
 * A small app that uses the package: the one tab starts a session, another coordinator of the same scope is refused. What
 * comes out is left in `window.result`.
 */
const BODY = `
  const driver = { start: () => 'a session', join: () => 'a session', end() {} };
  const [first, second] = [createCoordinator({ name: 'app', driver }), createCoordinator({ name: 'app', driver })];
  window.result = first.start().then(async (session) => {
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

/** A page with these scripts: the text of each, or `src` of it. */
export function page(
  ...scripts: readonly { readonly type: string; readonly src?: string; readonly text?: string }[]
): string {
  const tags = scripts.map(
    ({ type, src, text = '' }) => `<script type="${type}"${src === undefined ? '' : ` src="${src}"`}>${text}</script>`,
  );
  return `<!doctype html>\n<meta charset="utf-8">\n<title>app</title>\n${tags.join('\n')}\n`;
}
