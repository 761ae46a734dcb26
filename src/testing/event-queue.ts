/** Something that will happen at a virtual time. */
export interface ScheduledEvent {
  readonly at: number;
  /** Breaks ties: what was scheduled first happens first. */
  readonly order: number;
  /** Timers only pass as time passes; everything else is work under way. */
  readonly timer: boolean;
  readonly run: () => void;
  cancelled: boolean;
}

/** A binary heap, earliest first. */
export class EventQueue {
  readonly #heap: ScheduledEvent[] = [];

  /** The earliest event that was not cancelled. */
  peek(): ScheduledEvent | undefined {
    while (this.#heap[0]?.cancelled) this.#removeFirst();
    return this.#heap[0];
  }

  push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || precedes(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  pop(): ScheduledEvent | undefined {
    const first = this.peek();
    if (first) this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const goRight = right !== undefined && left !== undefined && precedes(right, left);
      const child = goRight ? right : left;
      if (child === undefined || precedes(last, child)) break;
      heap[index] = child;
      index = 2 * index + (goRight ? 2 : 1);
    }
    heap[index] = last;
  }
}

function precedes(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
