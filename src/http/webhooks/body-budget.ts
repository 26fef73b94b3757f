import { Unavailable } from '../../domain/errors.ts';

/** Memory that the large bodies in work share; whoever finds no room waits. */
export interface BodyBudget {
  /** Gives the function that frees the place again (calling it twice frees once). Throws `Unavailable` after `patienceMs`. */
  enter(bytes: number): Promise<() => void>;
}

interface Waiting {
  bytes: number;
  admit(): void;
}

export function createBodyBudget(totalBytes: number, patienceMs: number): BodyBudget {
  let freeBytes = totalBytes;
  const waiting = new Set<Waiting>();

  function release(bytes: number): void {
    freeBytes += bytes;
    for (const next of waiting) {
      if (next.bytes > freeBytes) return;
      next.admit();
    }
  }
  function take(bytes: number): () => void {
    freeBytes -= bytes;
    let taken = true;
    return () => {
      if (taken) release(bytes);
      taken = false;
    };
  }

  return {
    async enter(wantedBytes) {
      const bytes = Math.min(wantedBytes, totalBytes);
      if (waiting.size === 0 && bytes <= freeBytes) return take(bytes);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(place);
          reject(new Unavailable('too_many_large_bodies', 'Too many large requests are in work.'));
        }, patienceMs);
        const place: Waiting = {
          bytes,
          admit() {
            waiting.delete(place);
            clearTimeout(timer);
            resolve(take(bytes));
          },
        };
        waiting.add(place);
      });
    },
  };
}
