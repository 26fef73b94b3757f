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

interface Waiting {
  account: Share;
  bytes: number;
  admit(): void;
  refuse(error: Error): void;
}

interface Share {
  arrivedBytes: number;
  countedBytes: number;
}

/**
 * The first body that finds no room is exempt: it is not counted until it ends, so that bodies that each hold part of the budget cannot
 * deadlock. All others wait for room in the order of their requests.
 */
export function createBodyBudget({ totalBytes, freeBytes, waitMs }: BudgetSize): BodyBudget {
  let usedBytes = 0;
  let exempt: Share | null = null;
  const waiting = new Set<Waiting>();

  function tryGrow(account: Share, bytes: number): boolean {
    if (account !== exempt && usedBytes + bytes > totalBytes) {
      if (exempt !== null) return false;
      exempt = account;
      usedBytes -= account.countedBytes;
    }
    if (account !== exempt) usedBytes += bytes;
    account.countedBytes += bytes;
    return true;
  }
  function admitWaiting(): void {
    for (const next of waiting) {
      if (!tryGrow(next.account, next.bytes)) return;
      next.admit();
    }
  }
  function wait(account: Share, bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        waiting.delete(place);
      };
      const place: Waiting = {
        ...{ account, bytes },
        admit() {
          end();
          resolve();
        },
        refuse(error) {
          end();
          reject(error);
        },
      };
      const timer = setTimeout(() => place.refuse(tooMany()), waitMs);
      waiting.add(place);
    });
  }

  return {
    open() {
      const account: Share = { arrivedBytes: 0, countedBytes: 0 };
      return {
        grow(bytes) {
          account.arrivedBytes += bytes;
          const missing = account.arrivedBytes - freeBytes - account.countedBytes;
          if (missing <= 0) return null;
          if ((account === exempt || waiting.size === 0) && tryGrow(account, missing)) {
            admitWaiting();
            return null;
          }
          return wait(account, missing);
        },
        close() {
          for (const place of waiting) if (place.account === account) place.refuse(tooMany());
          if (account === exempt) exempt = null;
          else usedBytes -= account.countedBytes;
          account.arrivedBytes = account.countedBytes = 0;
          admitWaiting();
        },
      };
    },
  };
}

const tooMany = (): Unavailable => new Unavailable('too_many_large_bodies', 'Too many large bodies are arriving at once. Retry later.');
