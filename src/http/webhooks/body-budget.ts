import { Unavailable } from '../../domain/errors.ts';

/** Memory that large bodies share, by what has arrived of them. */
export interface BodyBudget {
  open(): BodyAccount;
}

/** One request's share. */
export interface BodyAccount {
  /** Null: there is room for so many more bytes. Otherwise resolves when there is; throws `Unavailable` after the budget's patience. */
  grow(bytes: number): Promise<void> | null;
  /** Gives everything back. */
  close(): void;
}

export interface BudgetSize {
  totalBytes: number;
  /** Up to this size a body counts nothing. */
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
 * The first body that finds no room becomes the one that need not wait: it is outside the count until it ends, so that bodies that each have
 * a part of the room cannot wait for one another. All others wait for room, in the order in which they asked.
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
