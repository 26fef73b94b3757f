import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longer blocking is noticeable to requests that arrive meanwhile. */
const LONG_MS = 20;

/** One turn of the event loop during work that may be long. */
export interface Turn {
  /** Whether it has run so long that others should proceed. */
  isLong(): boolean;
  /** Lets waiting work proceed, such as requests. */
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
