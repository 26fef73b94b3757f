import type { Readable } from 'node:stream';
import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { failedDocumentsAlert } from '../domain/alert.ts';
import { PermanentFailure, Refused, Unavailable } from '../domain/errors.ts';
import { errorText } from '../domain/outcome.ts';
import { displayName } from '../domain/values/file-name.ts';
import type { OpenedDocument } from '../platforms/contract/api.ts';
import {
  type ClaimedDocument,
  claimDocuments,
  completeDocument,
  type DocumentEnd,
  type DocumentPlaces,
  hasGivenUp,
  isDocumentDue,
  renewDocumentLease,
  requeueDocument,
} from '../store/documents/claim.ts';
import { documentOutcome } from './document-outcome.ts';
import { ContentTooLarge, type DocumentStorage, type StoredContent } from './storage/storage.ts';

const LEASE_MS = 60_000;
const RENEW_EVERY_MS = 20_000;
/** The limit for a whole download, so that a server that sends single bytes is cut off. Above 100 MB it grows in proportion. */
const LONGEST_DOWNLOAD_MS = 15 * 60_000;
const USUAL_BYTES = 100_000_000;

/** What fetching documents needs besides the context. */
export interface DocumentDependencies {
  storage: DocumentStorage;
  /** Opens an address supplied by a business partner: public ones only. Throws `RemoteFailure('address_refused')`. */
  openPublic(url: string): Promise<{ headers: Readonly<Record<string, string>>; content: Readable }>;
  /** `MAX_DOCUMENT_BYTES`. */
  maxBytes: number;
}

/** Fetches every document that is due, up to `limit`, and returns their number. */
export async function fetchDocuments(context: Context, ports: DocumentDependencies, limit = 20): Promise<number> {
  const claimed = await claimDueDocuments(context, { limit, atOnce: limit, busy: [] });
  await Promise.all(claimed.map((document) => fetchDocument(context, ports, document)));
  return claimed.length;
}

/** Claims due documents for this process, as many from each address as the limits allow. */
export async function claimDueDocuments(context: Context, places: DocumentPlaces): Promise<ClaimedDocument[]> {
  const now = context.clock.now();
  if (!(await isDocumentDue(context.db.read, now.toISOString()))) return [];
  const leaseUntil = new Date(now.getTime() + LEASE_MS).toISOString();
  return context.db.write((sql) => claimDocuments(sql, { now: now.toISOString(), leaseUntil, ...places }));
}

/** One attempt: requests the document again, stores its bytes, and updates its row. Aborting `stop` returns it without counting an attempt. */
export async function fetchDocument(
  context: Context,
  ports: DocumentDependencies,
  document: ClaimedDocument,
  stop?: AbortSignal,
): Promise<void> {
  const lease = renewPeriodically(context, document);
  const startedMs = context.clock.now().getTime();
  try {
    const end = await download(context, ports, document, stop).catch((error: unknown) => failedEnd(context, document, error, stop));
    await lease.end();
    const settled = await context.db.write((sql) => completeDocument(sql, document, end));
    if (settled) await report(context, document, end, context.clock.now().getTime() - startedMs);
  } finally {
    await lease.end();
  }
}

/** Queues a document that failed permanently to be fetched again. Rejects one that is stored or already waiting (409). */
export async function fetchDocumentAgain(context: AuditContext & Pick<Context, 'feedChanged'>, id: string): Promise<void> {
  await audited(context, { action: 'document.fetch', target: `document:${id}` }, async () => {
    const requeued = await context.db.write((sql) => requeueDocument(sql, id, context.clock.now().toISOString()));
    if (!requeued) throw new Refused(409, 'document_not_given_up', 'This document is already stored or is waiting to be fetched.');
  });
  context.feedChanged.notify();
}

async function download(
  context: Context,
  ports: DocumentDependencies,
  document: ClaimedDocument,
  stop?: AbortSignal,
): Promise<DocumentEnd> {
  const opened = await openAnnounced(context, ports, document);
  const content = await storeContent(ports, opened, stop);
  const now = context.clock.now().toISOString();
  return {
    state: 'stored',
    tries: document.tries,
    error: null,
    nextAttemptAt: now,
    content: { ...content, contentType: opened.contentType, filename: displayName(opened.filename), storedAt: now },
  };
}

async function storeContent(ports: DocumentDependencies, opened: OpenedDocument, stop?: AbortSignal): Promise<StoredContent> {
  const { maxBytes } = ports;
  if (opened.contentLength !== null && opened.contentLength > maxBytes) {
    opened.content.destroy();
    throw new ContentTooLarge(maxBytes);
  }
  const share = Math.max(1, (opened.contentLength ?? maxBytes) / USUAL_BYTES);
  const tooLong = AbortSignal.timeout(Math.round(LONGEST_DOWNLOAD_MS * share));
  return ports.storage.put(opened.content, { maxBytes, stop: stop ? AbortSignal.any([stop, tooLong]) : tooLong });
}

// An address supplied by a partner is never passed to the platform's own client: it goes through the address guard.
async function openAnnounced(
  context: Context,
  ports: DocumentDependencies,
  { connection, announced }: ClaimedDocument,
): Promise<OpenedDocument> {
  const { objectId, url } = announced;
  const configured = context.connections.get(connection);
  if (objectId !== null) {
    const api = configured ? context.api(configured) : null;
    if (api?.openDocument) return api.openDocument({ objectId, url });
    if (url === null)
      throw new PermanentFailure('api_missing', 'The connection has no API configured from which this document could be fetched.');
  }
  const opened = await ports.openPublic(url ?? '');
  const length = Number(opened.headers['content-length'] ?? Number.NaN);
  return {
    filename: null,
    contentType: opened.headers['content-type'] ?? null,
    content: opened.content,
    contentLength: Number.isFinite(length) ? length : null,
  };
}

function failedEnd(context: Context, document: ClaimedDocument, error: unknown, stop?: AbortSignal): DocumentEnd {
  const now = context.clock.now();
  const untried = { state: 'announced', tries: document.tries, waitMs: 0 } as const;
  const { state, tries, waitMs } = stop?.aborted ? untried : documentOutcome(error, document.tries, context.random());
  const nextAttemptAt = new Date(now.getTime() + waitMs).toISOString();
  if (error instanceof Unavailable) {
    context.alerts.open({
      level: 'critical',
      code: error.code,
      text: `Documents cannot be stored: ${error.message}`,
      connection: null,
      details: {},
    });
  }
  return { state, tries, error: errorText(error), nextAttemptAt, content: null };
}

async function report(context: Context, document: ClaimedDocument, end: DocumentEnd, tookMs: number): Promise<void> {
  const { id, connection } = document;
  const fields = {
    documentId: id,
    connection,
    state: end.state,
    tries: end.tries,
    bytes: end.content?.bytes ?? null,
    error: end.error,
    tookMs,
  };
  if (end.state === 'stored') {
    context.log.info('document_stored', fields);
    context.alerts.close('storage_unavailable', null, 'Documents can be stored again.');
    if (document.again && !(await hasGivenUp(context.db.read, connection))) {
      context.alerts.close('document_failed', connection, `All documents announced by ${connection} are stored.`);
    }
    return;
  }
  context.log.warn('document_not_stored', fields);
  if (end.state === 'announced' || !document.current) return;
  const newest = { id, name: displayName(document.announced.name) ?? id, state: end.state, error: end.error };
  context.alerts.open(failedDocumentsAlert({ connection, count: 1, newest }));
}

interface Lease {
  end(): Promise<void>;
}

/** Renews the lease during the download. A renewal that could not be written is noticed when the row is updated. */
function renewPeriodically(context: Context, document: ClaimedDocument): Lease {
  let renewal: Promise<unknown> = Promise.resolve();
  const renew = async () => {
    const leaseUntil = new Date(context.clock.now().getTime() + LEASE_MS).toISOString();
    const renewed = await context.db.write((sql) => renewDocumentLease(sql, document, leaseUntil)).catch(() => false);
    if (renewed) document.leaseUntil = leaseUntil;
  };
  const timer = setInterval(() => {
    renewal = renewal.then(renew);
  }, RENEW_EVERY_MS);
  return {
    async end() {
      clearInterval(timer);
      await renewal;
    },
  };
}
