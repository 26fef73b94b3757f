import { Unavailable } from '../../domain/errors.ts';

/** A memory budget shared by large bodies, counted by the bytes that have arrived. */
export interface BodyBudget {
  open(): BodyAccount;
}

/** One request's share. */
export interface BodyAccount {
  /** Null: there is room for these bytes. Otherwise resolves when there is; throws `Unavailable` after `waitMs`. */
  grow(bytes: number): Promise<void> | null;
  /** Releases everything. */
  close(): void;
}

export interface BudgetSize {
  totalBytes: number;
  /** Up to this size a body is not counted. */
  freeBytes: number;
  waitMs: number;
}

/**
 * The first body that finds no room is exempt: it is not counted until it ends, so that bodies that each hold part of the budget cannot deadlock.
 * All others wait for room in the order of their requests.
 */
export function createBodyBudget(size: BudgetSize): BodyBudget {
  const budget = new SharedBudget(size.totalBytes);
  return { open: () => new Share(budget, size) };
}

/** The bytes of all shares together. */
class SharedBudget {
  private readonly totalBytes: number;
  private usedBytes = 0;
  private exempt: Share | null = null;
  private readonly waiting = new Set<Waiting>();

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  /** False: there is no room, or others are already waiting for it. */
  take(share: Share, bytes: number): boolean {
    if (share !== this.exempt && this.waiting.size > 0) return false;
    if (!this.tryGrow(share, bytes)) return false;
    this.admitWaiting();
    return true;
  }

  wait(share: Share, bytes: number, waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const place: Waiting = {
        share,
        bytes,
        end: (error) => {
          clearTimeout(timer);
          this.waiting.delete(place);
          if (error) reject(error);
          else resolve();
        },
      };
      const timer = setTimeout(() => place.end(tooMany()), waitMs);
      this.waiting.add(place);
    });
  }

  release(share: Share): void {
    for (const place of this.waiting) if (place.share === share) place.end(tooMany());
    if (share === this.exempt) this.exempt = null;
    else this.usedBytes -= share.countedBytes;
    share.countedBytes = 0;
    this.admitWaiting();
  }

  private tryGrow(share: Share, bytes: number): boolean {
    if (share !== this.exempt && this.usedBytes + bytes > this.totalBytes) {
      if (this.exempt !== null) return false;
      this.exempt = share;
      this.usedBytes -= share.countedBytes;
    }
    if (share !== this.exempt) this.usedBytes += bytes;
    share.countedBytes += bytes;
    return true;
  }

  private admitWaiting(): void {
    for (const next of this.waiting) {
      if (!this.tryGrow(next.share, next.bytes)) return;
      next.end(null);
    }
  }
}

interface Waiting {
  share: Share;
  bytes: number;
  /** Null: there is room now. */
  end(error: Error | null): void;
}

class Share implements BodyAccount {
  /** What the budget has granted to this share. */
  countedBytes = 0;
  private arrivedBytes = 0;
  private readonly budget: SharedBudget;
  private readonly size: BudgetSize;

  constructor(budget: SharedBudget, size: BudgetSize) {
    this.budget = budget;
    this.size = size;
  }

  grow(bytes: number): Promise<void> | null {
    this.arrivedBytes += bytes;
    const missing = this.arrivedBytes - this.size.freeBytes - this.countedBytes;
    if (missing <= 0 || this.budget.take(this, missing)) return null;
    return this.budget.wait(this, missing, this.size.waitMs);
  }

  close(): void {
    this.arrivedBytes = 0;
    this.budget.release(this);
  }
}

const tooMany = (): Unavailable => new Unavailable('too_many_large_bodies', 'Too many large bodies are arriving at once. Retry later.');
