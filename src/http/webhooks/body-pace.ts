import { Unavailable } from '../../domain/errors.ts';

/** The minimum rate at which a body must arrive. */
export interface Pace {
  bytesPerSecond: number;
  /** No rate is required during this initial time. */
  graceMs: number;
  wholeWithinMs: number;
}

/** A body arrived too slowly or not at all: the sender should retry. */
export class BodyTooSlow extends Unavailable {
  constructor() {
    super('body_too_slow', 'The body arrives too slowly. Retry later.');
  }
}

export interface PaceMonitor {
  arrived(bytes: number): void;
  /** Stops the clock while we ourselves make the sender wait. */
  pause(): void;
  resume(): void;
  stop(): void;
}

const CHECK_MS = 1000;

/** Calls `onTooSlow` once when a body falls behind the pace. */
export function watchPace(pace: Pace, onTooSlow: (error: BodyTooSlow) => void): PaceMonitor {
  let arrivedBytes = 0;
  let elapsedMs = 0;
  let sinceMs: number | null = performance.now();
  const spentMs = () => elapsedMs + (sinceMs === null ? 0 : performance.now() - sinceMs);
  const timer = setInterval(
    () => {
      const owedBytes = ((spentMs() - pace.graceMs) / 1000) * pace.bytesPerSecond;
      if (arrivedBytes < owedBytes || spentMs() > pace.wholeWithinMs) onTooSlow(new BodyTooSlow());
    },
    Math.min(CHECK_MS, pace.graceMs),
  );
  timer.unref();
  return {
    arrived(bytes) {
      arrivedBytes += bytes;
    },
    pause() {
      elapsedMs = spentMs();
      sinceMs = null;
    },
    resume() {
      sinceMs = performance.now();
    },
    stop: () => clearInterval(timer),
  };
}
