import type { Clock } from '../../src/domain/clock.ts';

export interface ManualClock extends Clock {
  /** Advances by this number of milliseconds. */
  advance(ms: number): void;
  set(time: string): void;
}

/** A clock that only moves on request. */
export function manualClock(start = '2026-03-01T08:00:00.000Z'): ManualClock {
  let nowMs = Date.parse(start);
  return {
    now: () => new Date(nowMs),
    advance: (ms) => {
      nowMs += ms;
    },
    set: (time) => {
      nowMs = Date.parse(time);
    },
  };
}
