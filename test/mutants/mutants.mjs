/**
 * Breakages of the real code, each of which the tests have to notice. `find` has to occur exactly once in `file`: a mutation
 * whose text is gone is a failure too, so that the list follows the code.
 *
 * The random schedules of the simulated browser come first; `tests` are what to run where those can't see it.
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} breaks What no longer holds.
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 * @property {readonly string[]} [tests] Default: the scenarios and the unit tests.
 * @property {boolean} [isUnseen] The simulation does not reach it: the schedules are left out.
 */

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  {
    name: 'no fencing',
    breaks: 'a host writes only under its own term',
    file: 'src/session/decide.ts',
    find: 'const current = record.term === command.term;',
    replace: 'const current = true;',
  },
  {
    name: 'no commit',
    breaks: 'a page that freezes keeps no transaction open',
    file: 'src/platform/indexeddb-store.ts',
    find: `block every other tab.
            transaction.commit?.();`,
    replace: 'block every other tab.',
    tests: ['test/platform/indexeddb-store.test.ts'],
    isUnseen: true,
  },
  {
    name: 'host not left on hide',
    breaks: 'a page that is cached or frozen gives its term up',
    file: 'src/coordinator.ts',
    find: "void this.tenure?.leave('The page was left.', !this.locks.work);",
    replace: '',
  },
  {
    name: 'claim in two transactions',
    breaks: 'the decision and its effect on the record are one atomic step',
    file: 'src/election/shared-record.ts',
    find: 'store.transact((raw) => this.step(raw, command))',
    replace: `store.read({ journal: false }).then(({ record: raw }) => {
        const decided = this.step(raw, command);
        return store.transact(() => decided);
      })`,
  },
  {
    name: 'seat not taken',
    breaks: 'tabs exclude each other even where storage fails',
    file: 'src/election/claim.ts',
    find: "hold(locks.takeSeat('probe'))]);",
    replace: 'Promise.resolve({ release() {}, lost: new Promise<void>(() => {}) })]);',
  },
  {
    name: 'stale state accepted',
    breaks: 'a tab without a store believes only a newer record',
    file: 'src/election/shared-record.ts',
    find: 'if (!isNewer(record, this.record) && !isFurther(record, this.record)) return;',
    replace: '',
  },
  {
    name: 'message believed over the store',
    breaks: 'the store decides; the channel only hints',
    file: 'src/election/shared-record.ts',
    find: '        ? undefined\n        : this.refreshSoon();',
    replace: '        ? undefined\n        : this.accept(record);',
  },
  {
    name: 'journal gap ignored',
    breaks: 'each event is delivered once, in order',
    file: 'src/relay/inbox.ts',
    find: 'entry.epoch === known.epoch && this.isNext(entry)) this.deliver(entry);',
    replace: 'entry.epoch === known.epoch) this.deliver(entry);',
  },
  {
    name: 'events not journaled',
    breaks: 'a tab that was told nothing finds what it missed in the journal',
    file: 'src/election/shared-record.ts',
    find: 'write: { record: result.record, journal }',
    replace: 'write: { record: result.record, journal: journal.slice(1) }',
  },
  {
    name: 'resume key not spent',
    breaks: 'a session is resumed by one tab',
    file: 'src/session/decide.ts',
    find: `      resumeKey: candidate.term,
      attempts: record.attempts + 1,`,
    replace: '      attempts: record.attempts + 1,',
  },
  {
    name: 'copied key kept',
    breaks: 'a duplicate of a live host has no right to resume',
    file: 'src/election/resumption.ts',
    find: "this.keep('');",
    replace: 'void 0;',
  },
  {
    name: 'attempts not counted',
    breaks: 'a session that can’t be resumed is over after its attempts',
    file: 'src/session/decide.ts',
    find: 'attempts: record.attempts + 1,',
    replace: 'attempts: record.attempts,',
  },
  {
    name: 'lock requests kept on hide',
    breaks: 'a cached or frozen page waits in no queue',
    file: 'src/election/watcher.ts',
    find: `this.isAsleep = true;
    this.watch?.stop.abort();`,
    replace: 'this.isAsleep = true;',
  },
  {
    name: 'channel kept on hide',
    breaks: 'no message throws a page out of the cache',
    file: 'src/coordinator.ts',
    find: `!this.locks.work);
    this.shared.closeChannel();`,
    replace: '!this.locks.work);',
  },
  {
    name: 'epoch kept on take-over',
    breaks: 'each term has an epoch of its own',
    file: 'src/session/decide.ts',
    find: 'hostedBy(record.successor, record.epoch + 1)',
    replace: 'hostedBy(record.successor, record.epoch)',
  },
  {
    name: 'epoch kept on loss',
    breaks: 'what a fenced host still numbers can’t be mistaken for what came after',
    file: 'src/session/decide.ts',
    find: 'epoch: record.epoch + 1, lostEpoch',
    replace: 'epoch: record.epoch, lostEpoch',
  },
  {
    name: 'refusal without proof of life',
    breaks: 'no tab is refused because of one that is dead',
    file: 'src/election/claim.ts',
    find: "if (shared.preview(call).verdict !== 'granted') await this.look(options.signal);",
    replace: "if (shared.preview(call).verdict !== 'granted') await shared.peek();",
  },
  {
    name: 'reap without proof of death',
    breaks: 'a host that lives keeps its session',
    file: 'src/election/claim.ts',
    find: "answer === 'unknown' ? this.challenge(term) : answer === 'held';",
    replace: "answer === 'unknown' ? this.challenge(term) : false;",
  },
  {
    name: 'late success forgotten',
    breaks: 'a driver that succeeds after it was given up has its session ended',
    file: 'src/host/tenure.ts',
    find: "if (outcome.type === 'value') void this.letGoOf(outcome.value);",
    replace: '',
  },
  {
    name: 'no connect timeout',
    breaks: 'an attempt leaves connecting in bounded time',
    file: 'src/host/tenure.ts',
    find: 'const stopTimer = clock.after(connectTimeoutMs, () => {',
    replace: 'const stopTimer = clock.after(connectTimeoutMs * 1e6, () => {',
  },
  {
    name: 'no patience limit with drivers',
    breaks: 'a driver that hangs in end does not keep the scope',
    file: 'src/host/tenure.ts',
    find: 'const outcome = await within(clock, connectTimeoutMs, outcomeOf<void>(call));',
    replace: 'const outcome = await within(clock, connectTimeoutMs * 1e6, outcomeOf<void>(call));',
  },
  {
    name: 'listeners not isolated',
    breaks: 'a listener that throws stops nobody else',
    file: 'src/relay/listeners.ts',
    find: 'this.onThrow(error, type);',
    replace: 'throw error;',
  },
  {
    name: 'lastError not reset',
    breaks: 'the next granted start clears the last error',
    file: 'src/session/decide.ts',
    find: '...idleRecord(record),\n      ...hostedBy(command.candidate, epoch),',
    replace: '...idleRecord(record),\n      lastError: record.lastError,\n      ...hostedBy(command.candidate, epoch),',
  },
  {
    name: 'moved session ended',
    breaks: 'a session that moved is released, never ended',
    file: 'src/host/tenure.ts',
    find: 'if (isAlive && origin === this.origin) {',
    replace: 'if (isAlive && origin !== origin) {',
  },
  {
    name: 'request stored',
    breaks: 'nothing is stored that was not published',
    file: 'src/coordinator.ts',
    find: 'toCall: (candidate) => ({ type: kind, candidate, recovery }),',
    replace: 'toCall: (candidate) => ({ type: kind, candidate, recovery: { ...recovery, request } }),',
  },
  {
    name: 'challenge answered on the channel only',
    breaks: 'only a committed answer counts as life',
    file: 'src/host/tenure.ts',
    find: `this.answering = record.asked;
      void this.writer.report({ type: 'alive' });`,
    replace: `this.answering = record.asked;
      const answer = { ...record, answered: record.asked };
      this.ports.shared.post({ type: 'state', record: answer, entries: [], isStored: true });`,
  },
  {
    name: 'context not deaf',
    breaks: 'a driver whose term is over reaches nobody',
    file: 'src/host/context.ts',
    find: 'if (!ports.isOver()) tell();',
    replace: 'if (!ports.isOver() || name) tell();',
  },
  {
    name: 'window by wall clock only',
    breaks: 'a clock that jumped back can’t hold a scope',
    file: 'src/session/decide.ts',
    find: 'const watchedForMs = watched?.lostSince === lostSince ? watched.forMs : 0;',
    replace: 'const watchedForMs = watched ? 0 : 0;',
  },
  {
    name: 'handed over asleep',
    breaks: 'a tab that was stopped as it was handed the session looks whether it still is its own',
    file: 'src/election/claim.ts',
    find: 'if (!seat || !(await this.isStill(term))) return null;',
    replace: 'if (!seat) return null;',
  },
  {
    name: 'term used twice',
    breaks: 'nobody waits for the lock of a term that is not claimed yet',
    file: 'src/election/claim.ts',
    find: 'if (!isNamed) call =',
    replace: 'if (!isNamed && !call) call =',
  },
  {
    name: 'take-over without asking',
    breaks: 'a live host lets go before another tab begins',
    file: 'src/session/decide.ts',
    find: 'if (record.term === null) return resumed(record, command.candidate);',
    replace: 'if (record.term !== command.candidate.term) return resumed(record, command.candidate);',
  },
  {
    name: 'stale grant believed',
    breaks: 'a tab that was stopped looks again before it acts on a grant',
    file: 'src/election/claim.ts',
    find: 'if (clock.monotonic() - began < SILENCE_MS) return decision;',
    replace: 'if (began <= clock.monotonic()) return decision;',
    tests: ['test/coordinator', 'test/mutants'],
  },
  {
    name: 'take-over not withdrawn',
    breaks: 'a take-over that was given up leaves the session where it is',
    file: 'src/election/claim.ts',
    find: "await shared.transact({ type: 'withdraw', term });",
    replace: '',
  },
  {
    name: 'cancel ignored by the host',
    breaks: 'every attempt can be given up from any tab',
    file: 'src/host/tenure.ts',
    find: "if (record.phase === 'canceling' || record.phase === 'ending') void this.finish();",
    replace: "if (record.phase === 'ending') void this.finish();",
  },
  {
    name: 'term lock not released',
    breaks: 'a term that is over holds no lock',
    file: 'src/host/tenure.ts',
    find: 'this.tenancy.termLock.release();',
    replace: '',
  },
];
