import { fileURLToPath } from 'node:url';
import webpack from 'webpack';

const path = fileURLToPath(new URL('webpack/', import.meta.url));

webpack(
  {
    mode: 'production',
    context: fileURLToPath(new URL('.', import.meta.url)),
    entry: './app.js',
    output: { path, filename: 'app.js', module: true },
    experiments: { outputModule: true },
    // Whatever it warns of fails the build.
    performance: { hints: false },
  },
  (error, stats) => {
    const complaints = stats?.hasErrors() || stats?.hasWarnings() ? stats.toString() : '';
    if (error || complaints) {
      process.stderr.write(`${error ?? complaints}\n`);
      process.exitCode = 1;
    }
  },
);
