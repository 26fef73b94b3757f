import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import { indexChanges, PER_STEP } from './index-changes.ts';

/** How soon after a change the index is updated: several changes share a batch. */
const FOLLOW_MS = 1000;
/** Pause between two batches, in which other writers have the database to themselves. */
const REST_MS = 50;
const LONGEST_SLEEP_MS = 30_000;

/** Keeps the search index up to date with the feed until stopped. */
export function startSearchIndexer(context: Context): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = createPause(signal);
  const step = () =>
    indexChanges(context).catch((error: unknown) => {
      context.log.debug('search_index_failed', { error: errorText(error) });
      return 0;
    });
  async function run(): Promise<void> {
    while (!signal.aborted) {
      const seen = context.feedChanged.count();
      // A batch that is not full has caught up: under a steady load there would be ten small ones a second.
      while (!signal.aborted && (await step()) >= PER_STEP) await pause(REST_MS);
      await context.feedChanged.wait(LONGEST_SLEEP_MS, signal, seen);
      await pause(FOLLOW_MS);
    }
  }
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const createPause =
  (signal: AbortSignal) =>
  (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      function end() {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      }
    });
