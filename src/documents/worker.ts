import type { Context } from '../context.ts';
import type { Worker } from '../processing/worker.ts';
import { claimDueDocuments, type DocumentDependencies, fetchDocument } from './fetch-documents.ts';

const PLACES = 4;
/** One slow platform must not hold up the documents of the others. */
const PLACES_PER_CONNECTION = 2;
/** How long an idle loop sleeps at most: another process may have announced something, or a try may have become due. */
const IDLE_MS = 1000;

/** Fetches documents as they are announced, until told to stop: what is under way then is given back, and begins anew at the next start. */
export function startDocumentWorker(context: Context, ports: DocumentDependencies): Worker {
  const stopping = new AbortController();
  const inHand = new Map<Promise<void>, string>();
  const main = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const seen = context.feedChanged.count();
      const taken = await takeDue();
      if (taken === 0) await Promise.race([context.feedChanged.wait(IDLE_MS, stopping.signal, seen), ...inHand.keys()]);
    }
    await Promise.all(inHand.keys());
  }
  async function takeDue(): Promise<number> {
    const free = PLACES - inHand.size;
    if (free === 0) return 0;
    try {
      const claimed = await claimDueDocuments(context, Math.min(free, PLACES_PER_CONNECTION), busyConnections());
      for (const document of claimed) {
        const work = fetchDocument(context, ports, document, stopping.signal)
          .catch(logFailure)
          .finally(() => inHand.delete(work));
        inHand.set(work, document.connection);
      }
      return claimed.length;
    } catch (error) {
      logFailure(error);
      return 0;
    }
  }
  function busyConnections(): string[] {
    const names = [...inHand.values()];
    return [...new Set(names)].filter((name) => names.filter((other) => other === name).length >= PLACES_PER_CONNECTION);
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
