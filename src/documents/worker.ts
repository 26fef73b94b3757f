import type { Context } from '../context.ts';
import type { Worker } from '../processing/worker.ts';
import type { DocumentSource } from '../store/documents/claim.ts';
import { claimDueDocuments, type DocumentDependencies, fetchDocument } from './fetch-documents.ts';

/** Concurrent downloads in this process; each needs only a socket and a buffer. */
const MAX_DOWNLOADS = 96;
/** One connection must not use up the limit for the others. */
const MAX_PER_CONNECTION = 48;
/** Downloads from one address at a time: a partner's host, or the platform's own API. */
const MAX_PER_SOURCE = 4;
/** A download that takes longer no longer counts against the limit of its address. */
const SLOW_MS = 20_000;
/** How often an idle loop checks whether another process has written something. */
const IDLE_MS = 1000;
/** The longest time between two queries of the database: a retry may have become due. */
const LONGEST_SLEEP_MS = 5000;

/** Fetches documents as they are announced, until stopped: downloads in progress are then aborted, and start over at the next start. */
export function startDocumentWorker(context: Context, ports: DocumentDependencies): Worker {
  const stopping = new AbortController();
  const downloads = new Map<Promise<void>, DocumentSource & { sinceMs: number }>();
  const main = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const seen = context.feedChanged.count();
      const taken = await startDue();
      if (taken === 0) await Promise.race([sleep(seen), ...downloads.keys()]);
    }
    await Promise.all(downloads.keys());
  }
  /** Until the feed changes, another process has written, or a retry may have become due. `seen`: the changes before the last query. */
  async function sleep(seen: number): Promise<void> {
    const { dialect } = context.db;
    const mark = dialect.changeMark();
    for (let sleptMs = 0; sleptMs < LONGEST_SLEEP_MS && !stopping.signal.aborted; sleptMs += IDLE_MS) {
      await context.feedChanged.wait(Math.max(IDLE_MS, context.pollIntervalMs()), stopping.signal, seen);
      if (context.feedChanged.count() !== seen || mark === null || dialect.changeMark() !== mark || downloads.size > 0) return;
    }
  }
  async function startDue(): Promise<number> {
    const free = MAX_DOWNLOADS - downloads.size;
    if (free === 0) return 0;
    try {
      const nowMs = context.clock.now().getTime();
      const busy = [...downloads.values()].filter(({ sinceMs }) => nowMs - sinceMs < SLOW_MS);
      const claimed = await claimDueDocuments(context, { limit: free, atOnce: MAX_PER_SOURCE, busy, perConnection: freePerConnection() });
      for (const document of claimed) {
        const work = fetchDocument(context, ports, document, stopping.signal)
          .catch(logFailure)
          .finally(() => downloads.delete(work));
        downloads.set(work, { connection: document.connection, host: document.host, sinceMs: nowMs });
      }
      return claimed.length;
    } catch (error) {
      logFailure(error);
      return 0;
    }
  }
  function freePerConnection(): (connection: string) => number {
    const taken = Map.groupBy(downloads.values(), ({ connection }) => connection);
    return (connection) => MAX_PER_CONNECTION - (taken.get(connection)?.length ?? 0);
  }
  // A failing database must not end the loop: the next round tries again.
  function logFailure(error: unknown): void {
    context.log.error('document_round_failed', { step: 'documents', error: error instanceof Error ? error.message : String(error) });
  }
  return {
    async stop() {
      stopping.abort();
      await main;
    },
  };
}
