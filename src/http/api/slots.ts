/** Lets so many at a time through; the others wait in their order. */
export interface Slots {
  /** Resolves with what gives the place free again. */
  enter(): Promise<() => void>;
}

export function createSlots(places: number): Slots {
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
