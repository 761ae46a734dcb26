/** Listeners that can't harm each other: one that throws is reported, one that comes or goes meanwhile is fine. */
export class Listeners<Events> {
  private readonly byType = new Map<keyof Events, Set<(event: never) => void>>();

  constructor(private readonly onThrow: (error: unknown, type: keyof Events) => void) {}

  /** Returns the function that removes the listener; `signal` does the same. The same function twice is two listeners. */
  add<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
    signal?: AbortSignal,
  ): () => void {
    if (signal?.aborted) return () => {};
    const own = (event: Events[Type]): void => listener(event);
    const listeners = this.byType.get(type) ?? new Set();
    this.byType.set(type, listeners.add(own));
    const remove = (): void => {
      listeners.delete(own);
      signal?.removeEventListener('abort', remove);
    };
    signal?.addEventListener('abort', remove);
    return remove;
  }

  /** Calls those who listened when the event happened, and still do. */
  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    const listeners = this.byType.get(type);
    for (const listener of [...(listeners ?? [])]) {
      if (!listeners?.has(listener)) continue;
      try {
        // `add` put it under its own type, so it takes this event.
        (listener as (event: Events[Type]) => void)(event);
      } catch (error) {
        this.onThrow(error, type);
      }
    }
  }

  clear(): void {
    for (const listeners of this.byType.values()) listeners.clear();
  }
}
