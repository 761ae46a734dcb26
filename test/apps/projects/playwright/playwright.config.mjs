export default {
  testMatch: '*.spec.ts',
  use: {
    baseURL: process.env.APP_URL,
    // Debian's Chromium needs the flag to run as root. Nothing is downloaded.
    launchOptions: { executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] },
  },
};
