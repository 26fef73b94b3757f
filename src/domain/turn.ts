import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longer blocking is noticeable to requests that arrive meanwhile. */
const LONG_MS = 20;

/** One turn of the event loop during work that may be long. */
export interface Turn {
  /** Lets waiting work proceed, such as requests, if this turn has been long. */
  pauseIfLong(): Promise<void> | undefined;
  /** Lets waiting work proceed. */
  pause(): Promise<void>;
}

export function createTurn(): Turn {
  let startedMs = performance.now();
  async function pause(): Promise<void> {
    // The first one may come before the event loop has looked for what has arrived.
    await nextTurn();
    await nextTurn();
    startedMs = performance.now();
  }
  return { pause, pauseIfLong: () => (performance.now() - startedMs > LONG_MS ? pause() : undefined) };
}
