import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';

export default {
  input: 'app.js',
  output: { dir: 'rollup', format: 'es' },
  plugins: [nodeResolve({ browser: true }), commonjs()],
};
