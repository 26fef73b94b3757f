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

/** Calls `onTooSlow` once when a body falls behind the pace. */
export type PaceWatch = (onTooSlow: (error: Error) => void) => PaceMonitor;

const CHECK_MS = 1000;

/** Watches all bodies that are arriving by one timer: most of them are there before it fires for the first time. */
export function createPaceWatch(pace: Pace): PaceWatch {
  const arriving = new Set<ArrivingBody>();
  let timer: NodeJS.Timeout | null = null;
  const check = () => {
    if (arriving.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
    for (const body of arriving) body.check();
  };
  return (onTooSlow) => {
    timer ??= setInterval(check, Math.min(CHECK_MS, pace.graceMs)).unref();
    const body = new ArrivingBody(pace, onTooSlow, arriving);
    arriving.add(body);
    return body;
  };
}

class ArrivingBody implements PaceMonitor {
  private arrivedBytes = 0;
  private elapsedMs = 0;
  private sinceMs: number | null = performance.now();
  private readonly pace: Pace;
  private readonly onTooSlow: (error: BodyTooSlow) => void;
  private readonly arriving: Set<ArrivingBody>;

  constructor(pace: Pace, onTooSlow: (error: BodyTooSlow) => void, arriving: Set<ArrivingBody>) {
    this.pace = pace;
    this.onTooSlow = onTooSlow;
    this.arriving = arriving;
  }
  check(): void {
    const spentMs = this.spentMs();
    const owedBytes = ((spentMs - this.pace.graceMs) / 1000) * this.pace.bytesPerSecond;
    if (this.arrivedBytes < owedBytes || spentMs > this.pace.wholeWithinMs) this.onTooSlow(new BodyTooSlow());
  }
  arrived(bytes: number): void {
    this.arrivedBytes += bytes;
  }
  pause(): void {
    this.elapsedMs = this.spentMs();
    this.sinceMs = null;
  }
  resume(): void {
    this.sinceMs = performance.now();
  }
  stop(): void {
    this.arriving.delete(this);
  }
  private spentMs(): number {
    return this.elapsedMs + (this.sinceMs === null ? 0 : performance.now() - this.sinceMs);
  }
}
