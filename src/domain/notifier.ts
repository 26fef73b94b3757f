/** Wakes waiting code within this process. Waiters also poll, since another process may have written. */
export interface Notifier {
  notify(): void;
  /** The number of notifications so far: read it before a query, so that none is missed between the query and the wait. */
  count(): number;
  /** Resolves at the next `raise`, after `waitMs`, or when `stop` is aborted; immediately if it was raised since `seen`. */
  wait(waitMs: number, stop?: AbortSignal, seen?: number): Promise<void>;
}

export function createNotifier(): Notifier {
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    count: () => count,
    notify() {
      count += 1;
      for (const wake of [...waiting]) wake();
    },
    wait: (waitMs, stop, seen) =>
      new Promise((resolve) => {
        if (stop?.aborted || (seen !== undefined && seen !== count)) return resolve();
        const timer = setTimeout(wake, waitMs);
        waiting.add(wake);
        stop?.addEventListener('abort', wake, { once: true });
        function wake() {
          clearTimeout(timer);
          waiting.delete(wake);
          stop?.removeEventListener('abort', wake);
          resolve();
        }
      }),
  };
}
