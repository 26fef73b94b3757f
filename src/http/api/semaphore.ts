/** Limits concurrency; callers beyond the limit wait in order. */
export interface Semaphore {
  /** Resolves with the function that releases the slot. */
  enter(): Promise<() => void>;
}

export function createSemaphore(places: number): Semaphore {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const once = () => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
  return {
    enter: () =>
      new Promise((resolve) => {
        if (free > 0) {
          free -= 1;
          resolve(once());
        } else waiting.push(() => resolve(once()));
      }),
  };
}
