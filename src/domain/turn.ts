import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longer than this, and requests that arrive meanwhile notice. */
const LONG_MS = 20;

/** One turn of the event loop during work that may be long. */
export interface Turn {
  /** Whether it has taken so long that others should have theirs. */
  isLong(): boolean;
  /** Gives way to what waits, such as requests. */
  next(): Promise<void>;
}

export function createTurn(): Turn {
  let startedMs = performance.now();
  return {
    isLong: () => performance.now() - startedMs > LONG_MS,
    async next() {
      await nextTurn();
      startedMs = performance.now();
    },
  };
}
