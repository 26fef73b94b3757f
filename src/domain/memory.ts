import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { type: 'major'; execution: 'sync'; flavor: 'regular' | 'last-resort' }) => void;

/** A body of this size or more is large: its bytes, its text and its parsed values take many times that. */
const LARGE_BYTES = 2_000_000;

let collect: Collect | null = null;

/**
 * Runs the garbage collector immediately after a large body's text or values have been released. V8 would wait until the heap has doubled:
 * with bodies of 20 MB that was a gigabyte (measured November 2026). Does nothing after a small body; takes about 50 ms after a large one
 * and, with `thoroughly`, which also shrinks the heap, three times that.
 */
export function collectGarbageAfter(bytes: number, thoroughly = false): void {
  if (bytes >= LARGE_BYTES) collector()({ type: 'major', execution: 'sync', flavor: thoroughly ? 'last-resort' : 'regular' });
}

/** Collects the garbage of the start: loading the program's files takes twice the memory of running it. */
export function collectGarbageAfterStart(): void {
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** Runs `work` on a body of this size: a large one only when no other is being processed in this process, a small one immediately. */
export type LargeBodyLock = <T>(bytes: number, work: () => Promise<T>) => Promise<T>;

export function createLargeBodyLock(): LargeBodyLock {
  let last: Promise<unknown> = Promise.resolve();
  return (bytes, work) => {
    if (bytes < LARGE_BYTES) return work();
    const run = last.then(work);
    last = run.catch(() => {});
    return run;
  };
}

// This gives access to the collector without a command-line flag, which `npm start` and containers would each have to pass.
function collector(): Collect {
  if (collect !== null) return collect;
  setFlagsFromString('--expose-gc');
  const made: Collect = runInNewContext('gc');
  collect = made;
  return made;
}
