import type { Context } from '../context.ts';
import type { Worker } from '../processing/worker.ts';
import type { DocumentSource } from '../store/documents/claim.ts';
import { claimDueDocuments, type DocumentDependencies, fetchDocument } from './fetch-documents.ts';

/** Downloads under way in this process; each holds a socket and a buffer, no more. */
const PLACES = 96;
/** One connection must not keep the others from theirs. */
const PLACES_PER_CONNECTION = 48;
/** Downloads from one address at a time: a partner's host, or the platform's own API. */
const PLACES_PER_SOURCE = 4;
/** A download that takes longer gives its place at its address to the next. */
const SLOW_MS = 20_000;
/** How long an idle loop sleeps at most: another process may have announced something, or a try may have become due. */
const IDLE_MS = 1000;

/** Fetches documents as they are announced, until told to stop: what is under way then is given back, and begins anew at the next start. */
export function startDocumentWorker(context: Context, ports: DocumentDependencies): Worker {
  const stopping = new AbortController();
  const inHand = new Map<Promise<void>, DocumentSource & { sinceMs: number }>();
  const main = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const seen = context.feedChanged.count();
      const taken = await takeDue();
      if (taken === 0)
        await Promise.race([context.feedChanged.wait(Math.max(IDLE_MS, context.lookAgainMs()), stopping.signal, seen), ...inHand.keys()]);
    }
    await Promise.all(inHand.keys());
  }
  async function takeDue(): Promise<number> {
    const free = PLACES - inHand.size;
    if (free === 0) return 0;
    try {
      const nowMs = context.clock.now().getTime();
      const busy = [...inHand.values()].filter(({ sinceMs }) => nowMs - sinceMs < SLOW_MS);
      const claimed = await claimDueDocuments(context, { limit: free, atOnce: PLACES_PER_SOURCE, busy, perConnection: placesLeft() });
      for (const document of claimed) {
        const work = fetchDocument(context, ports, document, stopping.signal)
          .catch(logFailure)
          .finally(() => inHand.delete(work));
        inHand.set(work, { connection: document.connection, host: document.host, sinceMs: nowMs });
      }
      return claimed.length;
    } catch (error) {
      logFailure(error);
      return 0;
    }
  }
  function placesLeft(): (connection: string) => number {
    const taken = Map.groupBy(inHand.values(), ({ connection }) => connection);
    return (connection) => PLACES_PER_CONNECTION - (taken.get(connection)?.length ?? 0);
  }
  // A failing database must not end the loop: the next round tries again.
  function logFailure(error: unknown): void {
    context.log.error('worker', { step: 'documents', error: error instanceof Error ? error.message : String(error) });
  }
  return {
    async stop() {
      stopping.abort();
      await main;
    },
  };
}
