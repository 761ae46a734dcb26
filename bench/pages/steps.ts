/** When a page asks its browser for something, and when the answer comes: what a wait consists of. */

/** What happened, and when by the wall clock. */
export type Step = readonly [what: string, at: number];

/** Notes from now on. The list that it returns goes on growing. */
export function startSteps(): readonly Step[] {
  const steps: Step[] = [];
  const note = (what: string): void => {
    steps.push([what, performance.timeOrigin + performance.now()]);
  };
  const noteAt = (target: EventTarget, type: string, what: string): void =>
    target.addEventListener(type, () => note(what));
  around(IDBFactory.prototype, 'open', (call) => {
    note('asks for the database');
    const request = call() as IDBOpenDBRequest; // that is what it returns
    noteAt(request, 'success', 'the database is open');
    return request;
  });
  around(IDBDatabase.prototype, 'transaction', (call) => {
    const transaction = call() as IDBTransaction; // that is what it returns
    const kind = transaction.mode === 'readonly' ? 'a read' : 'a write';
    note(`begins ${kind}`);
    noteAt(transaction, 'complete', `${kind} is complete`);
    return transaction;
  });
  around(IDBObjectStore.prototype, 'get', (call) => {
    const request = call() as IDBRequest; // that is what it returns
    noteAt(request, 'success', 'the record is there');
    return request;
  });
  around(BroadcastChannel.prototype, 'postMessage', (call) => {
    note('tells the others');
    return call();
  });
  if (navigator.locks) noteLocks(note);
  return steps;
}

function noteLocks(note: (what: string) => void): void {
  around(LockManager.prototype, 'request', (call, args) => {
    note('asks for a lock');
    const given = args[args.length - 1];
    if (typeof given !== 'function') return call();
    args[args.length - 1] = (lock: Lock | null) => {
      note(lock ? 'has a lock' : 'hears that a lock is held');
      return given(lock);
    };
    return call();
  });
}

/** Has `act` in place of a method. It makes the call when it wants to. */
function around(owner: object, method: string, act: (call: () => unknown, args: unknown[]) => unknown): void {
  const original = Reflect.get(owner, method);
  Reflect.set(owner, method, function noted(this: unknown, ...args: unknown[]) {
    return act(() => Reflect.apply(original, this, args), args);
  });
}
