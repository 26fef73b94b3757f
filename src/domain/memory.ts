import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { type: 'major'; execution: 'sync'; flavor: 'regular' | 'last-resort' }) => void;

/** From here on a body is large: its bytes, its text and what was read from it together are many times that. */
const LARGE_BYTES = 2_000_000;

let collect: Collect | null = null;

/**
 * Has memory freed at once after a large body's text or values have been let go of. V8 would wait until the heap has doubled: with bodies of
 * 20 MB that was a gigabyte (measured November 2026). Does nothing after a small one; takes some 50 ms after a large one, and
 * `thoroughly`, when the heap shrinks as well, three times that.
 */
export function collectGarbageAfter(bytes: number, thoroughly = false): void {
  if (bytes >= LARGE_BYTES) collector()({ type: 'major', execution: 'sync', flavor: thoroughly ? 'last-resort' : 'regular' });
}

/** Has everything freed that a start has left behind: reading the program's own files takes twice the memory of running it. */
export function collectGarbageAfterStart(): void {
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** Runs `work` with a body of so many bytes: a large one when no other is in work in this process, a small one at once. */
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

// The collector can be had without a command-line flag, which `npm start` and a container would each have to pass.
function collector(): Collect {
  if (collect !== null) return collect;
  setFlagsFromString('--expose-gc');
  const made: Collect = runInNewContext('gc');
  collect = made;
  return made;
}
