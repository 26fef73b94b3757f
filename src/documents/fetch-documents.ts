import type { Readable } from 'node:stream';
import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { Hopeless, Refused, Unavailable } from '../domain/errors.ts';
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
const LEASE_BEAT_MS = 20_000;
/** The whole of one download: a sender of single bytes must come to an end. What is larger than 100 MB may take longer in proportion. */
const LONGEST_DOWNLOAD_MS = 15 * 60_000;
const USUAL_BYTES = 100_000_000;

/** What fetching documents needs beside the context. */
export interface DocumentDependencies {
  storage: DocumentStorage;
  /** Opens an address that a business partner gave: public ones only. Throws `RemoteFailure('address_refused')`. */
  openPublic(url: string): Promise<{ headers: Readonly<Record<string, string>>; content: Readable }>;
  /** `MAX_DOCUMENT_BYTES`. */
  maxBytes: number;
}

/** Fetches every document that is due, up to `limit`, and gives their number. */
export async function fetchDocuments(context: Context, ports: DocumentDependencies, limit = 20): Promise<number> {
  const claimed = await claimDueDocuments(context, { limit, atOnce: limit, busy: [] });
  await Promise.all(claimed.map((document) => fetchDocument(context, ports, document)));
  return claimed.length;
}

/** Takes due documents for this process, as many of each address as its places allow. */
export async function claimDueDocuments(context: Context, places: DocumentPlaces): Promise<ClaimedDocument[]> {
  const now = context.clock.now();
  if (!(await isDocumentDue(context.db.read, now.toISOString()))) return [];
  const leaseUntil = new Date(now.getTime() + LEASE_MS).toISOString();
  return context.db.write((sql) => claimDocuments(sql, { now: now.toISOString(), leaseUntil, ...places }));
}

/** One try: opens the document (asking the platform for it anew), stores its bytes, and settles its row. `stop` gives it back untried. */
export async function fetchDocument(
  context: Context,
  ports: DocumentDependencies,
  document: ClaimedDocument,
  stop?: AbortSignal,
): Promise<void> {
  const lease = keepLease(context, document);
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

/** Has a document that was given up fetched again. Refuses one that is held or waits anyway (409). */
export async function fetchDocumentAgain(context: AuditContext & Pick<Context, 'feedChanged'>, id: string): Promise<void> {
  await audited(context, { action: 'document.fetch', target: `document:${id}` }, async () => {
    const revived = await context.db.write((sql) => requeueDocument(sql, id, context.clock.now().toISOString()));
    if (!revived) throw new Refused(409, 'document_not_given_up', 'This document is held already, or waits to be fetched.');
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

// An address that a partner wrote never goes to the platform's own client, whatever that would do with it: the guard stands before it.
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
    if (url === null) throw new Hopeless('api_missing', 'The connection has no API configured that this document could be fetched from.');
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
      text: `Documents cannot be kept: ${error.message}`,
      connection: null,
      details: {},
    });
  }
  return { state, tries, error: errorText(error), nextAttemptAt, content: null };
}

async function report(context: Context, document: ClaimedDocument, end: DocumentEnd, tookMs: number): Promise<void> {
  const { id, connection } = document;
  const line = {
    documentId: id,
    connection,
    state: end.state,
    tries: end.tries,
    bytes: end.content?.bytes ?? null,
    error: end.error,
    tookMs,
  };
  if (end.state === 'stored') {
    context.log.info('document', line);
    context.alerts.close('storage_unavailable', null, 'Documents can be kept again.');
    if (document.again && !(await hasGivenUp(context.db.read, connection))) {
      context.alerts.close('document_failed', connection, `All documents that ${connection} announced are held.`);
    }
    return;
  }
  context.log.warn('document', line);
  if (end.state === 'announced' || !document.current) return;
  context.alerts.open({
    level: 'warning',
    code: 'document_failed',
    text: `A document that ${connection} announced is not held (${end.state}): ${displayName(document.announced.name) ?? id}`,
    connection,
    details: { documentId: id, state: end.state, error: end.error },
  });
}

interface Lease {
  end(): Promise<void>;
}

/** Keeps the document ours while its bytes come. That a beat could not be written is found out when the row is settled. */
function keepLease(context: Context, document: ClaimedDocument): Lease {
  let beating: Promise<unknown> = Promise.resolve();
  const beat = async () => {
    const leaseUntil = new Date(context.clock.now().getTime() + LEASE_MS).toISOString();
    const renewed = await context.db.write((sql) => renewDocumentLease(sql, document, leaseUntil)).catch(() => false);
    if (renewed) document.leaseUntil = leaseUntil;
  };
  const timer = setInterval(() => {
    beating = beating.then(beat);
  }, LEASE_BEAT_MS);
  return {
    async end() {
      clearInterval(timer);
      await beating;
    },
  };
}
