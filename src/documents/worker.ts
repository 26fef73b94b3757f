import type { Context } from '../context.ts';
import type { Worker } from '../processing/worker.ts';
import type { ClaimedDocument, DocumentSource } from '../store/documents/claim.ts';
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
const IDLE_MS = 2000;
/** The longest time between two queries of the database: a retry may have become due. */
const LONGEST_SLEEP_MS = 5000;

/** Fetches documents as they are announced, until stopped: downloads in progress are then aborted, and start over at the next start. */
export const startDocumentWorker = (context: Context, ports: DocumentDependencies): Worker => new DocumentWorker(context, ports);

class DocumentWorker implements Worker {
  private readonly context: Context;
  private readonly ports: DocumentDependencies;
  private readonly stopping = new AbortController();
  private readonly downloads = new Map<Promise<void>, DocumentSource & { sinceMs: number }>();
  private readonly main: Promise<void>;

  constructor(context: Context, ports: DocumentDependencies) {
    this.context = context;
    this.ports = ports;
    this.main = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.main;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const seen = this.context.feedChanged.count();
      const taken = await this.startDue();
      if (taken === 0) await Promise.race([this.sleep(seen), ...this.downloads.keys()]);
    }
    await Promise.all(this.downloads.keys());
  }

  private async startDue(): Promise<number> {
    const free = MAX_DOWNLOADS - this.downloads.size;
    if (free === 0) return 0;
    try {
      const nowMs = this.context.clock.now().getTime();
      const busy = [...this.downloads.values()].filter(({ sinceMs }) => nowMs - sinceMs < SLOW_MS);
      const limits = { limit: free, atOnce: MAX_PER_SOURCE, busy, perConnection: this.freePerConnection() };
      const claimed = await claimDueDocuments(this.context, limits);
      for (const document of claimed) this.start(document, nowMs);
      return claimed.length;
    } catch (error) {
      this.logFailure(error);
      return 0;
    }
  }

  private start(document: ClaimedDocument, nowMs: number): void {
    const work = fetchDocument(this.context, this.ports, document, this.stopping.signal)
      .catch((error: unknown) => this.logFailure(error))
      .finally(() => this.downloads.delete(work));
    this.downloads.set(work, { connection: document.connection, host: document.host, sinceMs: nowMs });
  }

  private freePerConnection(): (connection: string) => number {
    const taken = Map.groupBy(this.downloads.values(), ({ connection }) => connection);
    return (connection) => MAX_PER_CONNECTION - (taken.get(connection)?.length ?? 0);
  }

  /** Until the feed changes, another process has written, or a retry may have become due. `seen`: the changes before the last query. */
  private async sleep(seen: number): Promise<void> {
    const { db, feedChanged, pollIntervalMs } = this.context;
    const mark = db.dialect.changeMark();
    for (let sleptMs = 0; sleptMs < LONGEST_SLEEP_MS && !this.stopping.signal.aborted; sleptMs += IDLE_MS) {
      await feedChanged.wait(Math.max(IDLE_MS, pollIntervalMs()), this.stopping.signal, seen);
      if (feedChanged.count() !== seen || mark === null || db.dialect.changeMark() !== mark || this.downloads.size > 0) return;
    }
  }

  // A failing database must not end the loop: the next round tries again.
  private logFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.context.log.error('document_round_failed', { step: 'documents', error: message });
  }
}
