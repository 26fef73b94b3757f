import { Unavailable } from '../../domain/errors.ts';

/** Room shared by large bodies, counted by the bytes that have arrived. */
export interface BodyBudget {
  open(use: BudgetUse): BodyAccount;
}

/** What a body waits for room in total, and what happens to it when others have waited for the room that it has taken for long. */
export interface BudgetUse {
  waitLimit: WaitLimit;
  cutOff(error: Error): void;
}

/** How long one body may still wait, in all budgets together. */
export interface WaitLimit {
  leftMs: number;
}

/** One request's share. */
export interface BodyAccount {
  /** Takes room for these bytes if there is some that is not reserved. */
  tryGrow(bytes: number): boolean;
  /** Null: there is room for these bytes. Otherwise resolves when there is; throws `Unavailable` once the limit is reached. */
  grow(bytes: number): Promise<void> | null;
  /** Releases everything. */
  close(): void;
}

export interface BudgetSize {
  totalBytes: number;
  /** What `tryGrow` leaves for `grow`. */
  reservedBytes: number;
  /** Up to this size a body is not counted. */
  freeBytes: number;
  /** While others wait, the body that has been arriving longest is cut off after this time. */
  cutOffAfterMs: number;
}

/**
 * The first body that finds no room is exempt: it is not counted until it ends, so that bodies that each hold part of the budget cannot deadlock.
 * All others wait for room in the order of their requests.
 */
export function createBodyBudget(size: BudgetSize): BodyBudget {
  const budget = new SharedBudget(size);
  return { open: (use) => new Share(budget, size, use) };
}

const CUT_OFF_EVERY_MS = 1000;

/** The bytes of all shares together. */
class SharedBudget {
  private readonly size: BudgetSize;
  private usedBytes = 0;
  private exempt: Share | null = null;
  private readonly holding = new Set<Share>();
  private readonly waiting = new Set<Waiting>();

  constructor(size: BudgetSize) {
    this.size = size;
  }

  /** False: there is no room, or others are already waiting for it. */
  take(share: Share, bytes: number): boolean {
    if (share !== this.exempt && this.waiting.size > 0) return false;
    if (!this.tryGrow(share, bytes)) return false;
    this.admitWaiting();
    return true;
  }

  takeUnreserved(share: Share, bytes: number): boolean {
    if (share === this.exempt || this.waiting.size > 0) return false;
    if (this.usedBytes + bytes > this.size.totalBytes - this.size.reservedBytes) return false;
    return this.tryGrow(share, bytes);
  }

  wait(share: Share, bytes: number, waitLimit: WaitLimit): Promise<void> {
    const sinceMs = performance.now();
    return new Promise((resolve, reject) => {
      const place: Waiting = {
        share,
        bytes,
        end: (error) => {
          clearTimeout(timer);
          clearInterval(cutting);
          waitLimit.leftMs -= performance.now() - sinceMs;
          this.waiting.delete(place);
          if (error) reject(error);
          else resolve();
        },
      };
      const timer = setTimeout(() => place.end(tooMany()), Math.max(0, waitLimit.leftMs));
      const cutting = setInterval(() => this.cutOffOldest(), CUT_OFF_EVERY_MS);
      this.waiting.add(place);
    });
  }

  release(share: Share): void {
    for (const place of this.waiting) if (place.share === share) place.end(tooMany());
    if (share === this.exempt) this.exempt = null;
    else this.usedBytes -= share.countedBytes;
    share.countedBytes = 0;
    this.holding.delete(share);
    this.admitWaiting();
  }

  private tryGrow(share: Share, bytes: number): boolean {
    if (share !== this.exempt && this.usedBytes + bytes > this.size.totalBytes) {
      if (this.exempt !== null) return false;
      this.exempt = share;
      this.usedBytes -= share.countedBytes;
    }
    if (share !== this.exempt) this.usedBytes += bytes;
    share.countedBytes += bytes;
    this.holding.add(share);
    return true;
  }

  private admitWaiting(): void {
    for (const next of this.waiting) {
      if (!this.tryGrow(next.share, next.bytes)) return;
      next.end(null);
    }
  }

  /** The shares are in the order in which they began. */
  private cutOffOldest(): void {
    const [oldest] = this.holding;
    if (oldest && performance.now() - oldest.sinceMs > this.size.cutOffAfterMs) oldest.use.cutOff(tooMany());
  }
}

interface Waiting {
  share: Share;
  bytes: number;
  /** Null: there is room now. */
  end(error: Error | null): void;
}

class Share implements BodyAccount {
  readonly use: BudgetUse;
  readonly sinceMs = performance.now();
  /** What the budget has granted to this share. */
  countedBytes = 0;
  private arrivedBytes = 0;
  private readonly budget: SharedBudget;
  private readonly freeBytes: number;

  constructor(budget: SharedBudget, { freeBytes }: BudgetSize, use: BudgetUse) {
    this.budget = budget;
    this.freeBytes = freeBytes;
    this.use = use;
  }

  tryGrow(bytes: number): boolean {
    const missing = this.missing(bytes);
    const isGranted = missing <= 0 || this.budget.takeUnreserved(this, missing);
    if (isGranted) this.arrivedBytes += bytes;
    return isGranted;
  }

  grow(bytes: number): Promise<void> | null {
    const missing = this.missing(bytes);
    this.arrivedBytes += bytes;
    if (missing <= 0 || this.budget.take(this, missing)) return null;
    return this.budget.wait(this, missing, this.use.waitLimit);
  }

  close(): void {
    this.arrivedBytes = 0;
    this.budget.release(this);
  }

  private missing(bytes: number): number {
    return this.arrivedBytes + bytes - this.freeBytes - this.countedBytes;
  }
}

const tooMany = (): Unavailable => new Unavailable('too_many_large_bodies', 'Too many large bodies are arriving at once. Retry later.');
