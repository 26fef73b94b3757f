import type { Difference } from '../../domain/entities/change.ts';
import { pathPart } from '../../domain/entities/diff.ts';
import { documentIdentity, documentPlace } from '../../domain/entities/document-identity.ts';
import type { DocumentReport, EntityReport } from '../../domain/entities/entity.ts';
import type { DocumentState, MergeResult } from '../../domain/entities/entity-state.ts';
import type { Json } from '../../domain/values/json.ts';
import { type Age, ageOf, isTimed, timeOf } from './compare-times.ts';

/** How old the report is compared with the stored entity, and when it is merged. */
export interface DocumentMergeContext {
  age: Age;
  at: string;
  makeId(): string;
}

/**
 * Adds new documents, by each document's own time or the report's. One place (a line or the header, and a code) has one current document, which
 * another one in the same place supersedes. A document that is missing from a complete report has been removed. Returns the names of the lines
 * whose documents changed.
 */
export function mergeDocuments(effect: MergeResult, report: EntityReport, context: DocumentMergeContext, diff: Difference[]): string[] {
  if (report.documents === null) return [];
  const places = Map.groupBy(report.documents, documentPlace);
  const held = Map.groupBy([...effect.state.documents.values()].filter(isCurrent), (document) => documentPlace(document.announced));
  const touched = new Set<string | null>();
  for (const [place, documents] of places) {
    const current = documents.reduce(newer);
    if (mergeOne(effect, current, { place, held: held.get(place) ?? [] }, { report, ...context }, diff)) touched.add(current.line);
    for (const document of documents) if (document !== current) storeSuperseded(effect, document, current, context);
  }
  if (report.linesComplete && context.age !== 'older') {
    for (const document of removeMissing(effect, report, context, diff)) touched.add(document.line);
  }
  return [...touched].flatMap((line) => (line === null ? [] : [lineName(effect, line)]));
}

/** If a report has two documents for one place, the newer one is current; if their times do not decide, the later one in the list. */
const newer = (newest: DocumentReport, document: DocumentReport): DocumentReport =>
  ageOf(document, newest) === 'older' ? newest : document;

type ReportMergeContext = DocumentMergeContext & { report: EntityReport };

/** A place, and the documents that were current in it before the report. */
interface Place {
  place: string;
  held: readonly DocumentState[];
}

/** True when a reader of the feed sees a change. */
function mergeOne(
  effect: MergeResult,
  document: DocumentReport,
  { place, held }: Place,
  context: ReportMergeContext,
  diff: Difference[],
): boolean {
  const { documents } = effect.state;
  const stored = documents.get(documentIdentity(document));
  const others = held.filter((one) => one !== stored && isCurrent(one) && documentPlace(one.announced) === place);
  const wasCurrent = stored !== undefined && isCurrent(stored);
  const before = wasCurrent ? stored : others[0];
  if (isStale(document, before, wasCurrent || stored === undefined, context)) return false;
  if (wasCurrent && others.length === 0 && isSame(stored.announced, document)) return false;
  // Read first: `before` may be the document that is changed next.
  const labelBefore = before ? label(before.id, before.announced) : null;
  const current = makeCurrent(effect, stored, document, context);
  diff.push({ path: documentPath(effect, document), before: labelBefore, after: label(current.id, document) });
  for (const other of others) supersede(effect, other, current.id);
  return true;
}

/** Whether the document is older than the one in its place. `fresh`: it is not a superseded or removed document that would be restored. */
function isStale(document: DocumentReport, before: DocumentState | undefined, fresh: boolean, context: ReportMergeContext): boolean {
  if (before === undefined && fresh) return false;
  const age = ageInPlace(document, before, context);
  return age === 'older' || (!fresh && age === 'equal' && !context.report.linesComplete);
}

/**
 * A document without a time of its own has to be newer than the entity, and than the document in its place: a report of documents alone has a
 * time that does not apply to the entity.
 */
function ageInPlace(document: DocumentReport, before: DocumentState | undefined, { report, age }: ReportMergeContext): Age {
  const inPlace = before ? ageOf(timeOf(document, report), before.announced) : age;
  return isTimed(document) || age === 'newer' || inPlace === 'older' ? inPlace : age;
}

/** Makes the document current: new or changed content has to be fetched, a restored document's content is already there. */
function makeCurrent(
  effect: MergeResult,
  stored: DocumentState | undefined,
  document: DocumentReport,
  { makeId, report }: ReportMergeContext,
): DocumentState {
  const { lastUpdatedAt, timeUnreadable, comparedAt } = timeOf(document, report);
  const announced = { ...document, lastUpdatedAt, ...(timeUnreadable ? { timeUnreadable } : {}), ...(comparedAt ? { comparedAt } : {}) };
  const current: DocumentState = stored ?? { id: makeId(), announced, supersededBy: null, removedAt: null, toFetch: true };
  current.toFetch ||= !isSame(current.announced, document);
  current.announced = announced;
  current.supersededBy = null;
  current.removedAt = null;
  effect.state.documents.set(documentIdentity(document), current);
  effect.touchedDocuments.push(current);
  return current;
}

/** Stores a document that the same report already supersedes: it never was current. */
function storeSuperseded(effect: MergeResult, document: DocumentReport, current: DocumentReport, { makeId }: DocumentMergeContext): void {
  const { documents } = effect.state;
  const by = documents.get(documentIdentity(current))?.id;
  const stored = documents.get(documentIdentity(document));
  if (by === undefined || by === stored?.id) return;
  if (stored) {
    if (isCurrent(stored)) supersede(effect, stored, by);
    return;
  }
  const replaced = { id: makeId(), announced: document, supersededBy: by, removedAt: null, toFetch: true };
  documents.set(documentIdentity(document), replaced);
  effect.touchedDocuments.push(replaced);
}

function supersede(effect: MergeResult, document: DocumentState, by: string): void {
  document.supersededBy = by;
  effect.touchedDocuments.push(document);
}

function removeMissing(effect: MergeResult, report: EntityReport, { at }: DocumentMergeContext, diff: Difference[]): DocumentReport[] {
  const reported = new Set((report.documents ?? []).map(documentIdentity));
  const removed: DocumentReport[] = [];
  for (const [identity, document] of effect.state.documents) {
    if (reported.has(identity) || !isCurrent(document) || ageOf(report, document.announced) === 'older') continue;
    document.removedAt = at;
    effect.touchedDocuments.push(document);
    diff.push({ path: documentPath(effect, document.announced), before: label(document.id, document.announced), after: null });
    removed.push(document.announced);
  }
  return removed;
}

const isCurrent = ({ supersededBy, removedAt }: DocumentState): boolean => supersededBy === null && removedAt === null;

const isSame = (a: DocumentReport, b: DocumentReport): boolean => CONTENT.every((name) => a[name] === b[name]);

/** All but the times. */
const CONTENT = ['key', 'name', 'objectId', 'url', 'code', 'revision', 'type', 'description', 'line'] as const;

const lineName = ({ state }: MergeResult, line: string): string => state.lines.get(line)?.content.position ?? line;

function documentPath(effect: MergeResult, { line, code, key }: DocumentReport): string {
  const owner = line === null ? '' : `/lines/${pathPart(lineName(effect, line))}`;
  return `${owner}/documents/${pathPart(code ?? key)}`;
}

const label = (id: string, { name, code, revision, type, description, line }: DocumentReport): Json => ({
  id,
  name,
  code,
  revision,
  type,
  description,
  line,
});
