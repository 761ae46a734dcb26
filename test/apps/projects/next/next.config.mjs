import { fileURLToPath } from 'node:url';

// Where its packages are: there are lock files in folders above.
const root = fileURLToPath(new URL('../../', import.meta.url));

export default { turbopack: { root }, outputFileTracingRoot: root };
