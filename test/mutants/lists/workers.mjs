/** What a coordinator in a worker leaves to the pages. */
const tests = ['test/coordinator/workers.test.ts', 'test/session/decide-workers.test.ts'];

/** @type {readonly import('../mutants.mjs').Mutant[]} */
export const WORKERS = [
  {
    name: 'worker may call everything',
    breaks: 'a worker refuses what would make it host',
    file: 'src/tab/calls.ts',
    find: 'if (!ports.isPage) throw',
    replace: 'if (false) throw',
    tests,
  },
  {
    name: 'worker acts by itself',
    breaks: 'a worker resumes nothing, whatever the policy is',
    file: 'src/tab/coordinator.ts',
    find: 'if (isPage && !isClosed())',
    replace: 'if (!isClosed())',
    tests,
  },
  {
    name: 'worker notices deaths',
    breaks: 'a worker takes what is stored for true: a page notices a crash',
    file: 'src/tab/coordinator.ts',
    find: '(isPage ? lifeProof : noProof)',
    replace: '(lifeProof ?? noProof)',
    tests,
  },
  {
    name: 'worker closes windows',
    breaks: 'a recovery window that is over is closed by a page, whose driver ends the session',
    file: 'src/session/decide.ts',
    find: 'if (facts.isPage && record.phase',
    replace: 'if (record.phase',
    tests,
  },
  {
    name: 'worker hosts to end',
    breaks: 'what no tab has a worker leaves to a page to end',
    file: 'src/session/decide.ts',
    find: 'return facts.isPage\n        ? { verdict',
    replace: 'return true\n        ? { verdict',
    tests,
  },
  {
    name: 'closed window not noticed',
    breaks: 'pages end at once what a worker ended',
    file: 'src/election/waits.ts',
    find: '(lostSince ?? 0) + windowMs',
    replace: '(lostSince ?? 0)',
    tests,
  },
  {
    name: 'ended by a worker looks expired',
    breaks: 'what a person ended in a worker is ended, and not expired',
    file: 'src/session/steps.ts',
    find: 'if (record.recovery.windowMs === 0) return',
    replace: 'if (false) return',
    tests,
  },
  {
    name: 'worker ends by force',
    breaks: 'a worker does not go on without a host that is silent',
    file: 'src/election/election.ts',
    find: 'if (isSilent && !isPage) throw',
    replace: 'if (false) throw',
    tests,
  },
  {
    name: 'worker calls from memory',
    breaks: 'a worker that may have slept looks before it calls',
    file: 'src/tab/coordinator.ts',
    find: 'if (!isPage) await ledger.refresh();',
    replace: '',
    tests,
  },
];
