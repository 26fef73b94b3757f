import { documentIdentity } from '../../../domain/entities/document-identity.ts';
import type { DocumentReport, EntityReport } from '../../../domain/entities/entity.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from '../../../domain/values/json.ts';
import { readReportedTime } from '../../../domain/values/time.ts';

/** One announced document. `key` identifies its content; a document without one has nothing to download. */
function readDocument(document: JsonObject, line: string | null): DocumentReport {
  const [objectId, url] = [textAt(document.objectId), textAt(document.url)];
  const [code, revision] = [textAt(document.code), textAt(document.revision)];
  const name = textAt(document.name) ?? textAt(document.filename);
  return {
    key: objectId ?? url ?? `none:${code ?? ''}:${revision ?? ''}:${name ?? ''}`,
    name: name ?? code ?? objectId ?? 'document',
    objectId,
    url,
    code,
    revision,
    type: textAt(document.type),
    description: textAt(document.description),
    line,
    ...readReportedTime(objectAt(document.meta).lastUpdatedAt),
  };
}

/** The `documents` of these members, and whether any of them has the member at all. */
export function documentsOf(owners: readonly JsonObject[], line: string | null): { reported: boolean; documents: DocumentReport[] } {
  const reported = owners.filter((owner) => owner.documents !== undefined && owner.documents !== null);
  const documents = reported.flatMap((owner) => listAt(owner.documents).filter(isObject));
  return { reported: reported.length > 0, documents: documents.map((document) => readDocument(document, line)) };
}

/** Removes duplicates: the same object may be attached to the header and to several lines, and both buyer and supplier may announce it. */
export function onceEach(documents: readonly DocumentReport[]): DocumentReport[] {
  const known = new Map<string, DocumentReport>();
  for (const document of documents) {
    const identity = documentIdentity(document);
    if (!known.has(identity)) known.set(identity, document);
  }
  return [...known.values()];
}

/**
 * `orderDocumentsEvent` contains only documents. Its field list is unpublished, so every `documents` list anywhere in it counts;
 * below `lines` they belong to that line. Header, lines and states stay unchanged.
 */
export function readDocumentsEvent(event: JsonObject, orderId: string): EntityReport {
  return {
    kind: 'order',
    externalId: orderId,
    ...readReportedTime(event.lastUpdatedAt),
    header: null,
    lines: [],
    linesComplete: false,
    documents: onceEach(collect(event, orderId, null)),
    deleted: false,
    source: null,
    sourceLines: null,
  };
}

function collect(value: JsonObject, orderId: string, line: string | null): DocumentReport[] {
  const found = documentsOf([value], line).documents;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'documents') continue;
    for (const inner of listAt(member).filter(isObject)) {
      found.push(...collect(inner, orderId, name === 'lines' ? lineIdOf(inner, orderId) : line));
    }
  }
  return found;
}

function lineIdOf(line: JsonObject, orderId: string): string | null {
  const position: Json | undefined = line.position ?? objectAt(line.buyerLine).position;
  const text = textAt(position) ?? textAt(line.purchaseOrderLinePosition);
  return textAt(line.id) ?? (text === null ? null : `${orderId}-${text}`);
}
