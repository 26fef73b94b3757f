/** Wakes those who wait, within this process. Whoever waits also looks again by the clock: another process may have written. */
export interface Signal {
  raise(): void;
  /** Resolves at the next `raise`, after `waitMs`, or when `stop` is aborted. */
  wait(waitMs: number, stop?: AbortSignal): Promise<void>;
}

export function createSignal(): Signal {
  const waiting = new Set<() => void>();
  return {
    raise() {
      for (const wake of [...waiting]) wake();
    },
    wait: (waitMs, stop) =>
      new Promise((resolve) => {
        if (stop?.aborted) return resolve();
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
