import type { Difference } from '../../domain/entities/change.ts';
import { pathPart } from '../../domain/entities/diff.ts';
import { documentIdentity, documentPlace } from '../../domain/entities/document-identity.ts';
import type { DocumentReport, EntityReport } from '../../domain/entities/entity.ts';
import type { DocumentState, MergeResult } from '../../domain/entities/entity-state.ts';
import { canonicalText, type Json } from '../../domain/values/json.ts';
import { type Age, ageOf } from './compare-times.ts';

/** What merging documents goes by: the report's age beside what is stored, and when it happens. */
export interface DocumentOccasion {
  age: Age;
  at: string;
  makeId(): string;
}

/**
 * Announces what is new, by each document's own time or the report's. One place (a line or the header, and a code) has one current document:
 * another one there replaces it. What is missing from a complete report is gone. Gives the names of the lines whose documents changed.
 */
export function mergeDocuments(effect: MergeResult, report: EntityReport, occasion: DocumentOccasion, diff: Difference[]): string[] {
  if (report.documents === null) return [];
  const places = Map.groupBy(report.documents, documentPlace);
  const touched = new Set<string | null>();
  for (const [place, documents] of places) {
    const [current, ...replaced] = documents.reduce(newestFirst, []);
    if (current && mergeOne(effect, current, place, { report, ...occasion }, diff)) touched.add(current.line);
    if (current) for (const document of replaced) keepReplaced(effect, document, current, occasion);
  }
  if (report.linesComplete && occasion.age !== 'older') {
    for (const document of removeMissing(effect, report, occasion, diff)) touched.add(document.line);
  }
  return [...touched].flatMap((line) => (line === null ? [] : [lineName(effect, line)]));
}

/** Of two in one place in one report the newer is the current one; where times do not say, the later in the list. */
const newestFirst = (sorted: DocumentReport[], document: DocumentReport): DocumentReport[] => {
  const position = sorted.findIndex((other) => ageOf(document, other) !== 'older');
  return position < 0 ? [...sorted, document] : sorted.toSpliced(position, 0, document);
};

type Occasion = DocumentOccasion & { report: EntityReport };

/** True when something is new for a reader. */
function mergeOne(effect: MergeResult, document: DocumentReport, place: string, occasion: Occasion, diff: Difference[]): boolean {
  const { documents } = effect.state;
  const held = documents.get(documentIdentity(document));
  const others = [...documents.values()].filter((one) => one !== held && isCurrent(one) && documentPlace(one.announced) === place);
  const wasCurrent = held !== undefined && isCurrent(held);
  const before = wasCurrent ? held : others[0];
  if (isStale(document, before, wasCurrent || held === undefined, occasion)) return false;
  if (wasCurrent && others.length === 0 && isSame(held.announced, document)) return false;
  const current = announce(effect, held, document, occasion);
  diff.push({
    path: documentPath(effect, document),
    before: before ? label(before.id, before.announced) : null,
    after: label(current.id, document),
  });
  // `before` may be the same object, changed by now.
  for (const other of others) replace(effect, other, current.id);
  return true;
}

/** Whether what is told is older than what stands in its place. `fresh`: it need not be brought back from having been replaced or removed. */
function isStale(document: DocumentReport, before: DocumentState | undefined, fresh: boolean, { report, age }: Occasion): boolean {
  const isTimed = document.lastUpdatedAt !== null || document.timeUnreadable === true;
  const own = before && isTimed ? ageOf(document, before.announced) : age;
  if (before !== undefined || !fresh) return own === 'older' || (!fresh && own === 'equal' && !report.linesComplete);
  return false;
}

/** The document as it is announced now: what is new or has changed is fetched, what only comes back is there already. */
function announce(effect: MergeResult, held: DocumentState | undefined, document: DocumentReport, { makeId }: Occasion): DocumentState {
  const current: DocumentState = held ?? { id: makeId(), announced: document, supersededBy: null, removedAt: null, toFetch: true };
  current.toFetch ||= !isSame(current.announced, document);
  current.announced = document;
  current.supersededBy = null;
  current.removedAt = null;
  effect.state.documents.set(documentIdentity(document), current);
  effect.touchedDocuments.push(current);
  return current;
}

/** A document that the same report replaces: it is kept, and was never current. */
function keepReplaced(effect: MergeResult, document: DocumentReport, current: DocumentReport, { makeId }: DocumentOccasion): void {
  const { documents } = effect.state;
  const by = documents.get(documentIdentity(current))?.id;
  const held = documents.get(documentIdentity(document));
  if (by === undefined || by === held?.id) return;
  if (held) {
    if (isCurrent(held)) replace(effect, held, by);
    return;
  }
  const replaced = { id: makeId(), announced: document, supersededBy: by, removedAt: null, toFetch: true };
  documents.set(documentIdentity(document), replaced);
  effect.touchedDocuments.push(replaced);
}

function replace(effect: MergeResult, document: DocumentState, by: string): void {
  document.supersededBy = by;
  effect.touchedDocuments.push(document);
}

function removeMissing(effect: MergeResult, report: EntityReport, { at }: DocumentOccasion, diff: Difference[]): DocumentReport[] {
  const told = new Set((report.documents ?? []).map(documentIdentity));
  const removed: DocumentReport[] = [];
  for (const [identity, document] of effect.state.documents) {
    if (told.has(identity) || !isCurrent(document) || ageOf(report, document.announced) === 'older') continue;
    document.removedAt = at;
    effect.touchedDocuments.push(document);
    diff.push({ path: documentPath(effect, document.announced), before: label(document.id, document.announced), after: null });
    removed.push(document.announced);
  }
  return removed;
}

const isCurrent = ({ supersededBy, removedAt }: DocumentState): boolean => supersededBy === null && removedAt === null;

const isSame = (a: DocumentReport, b: DocumentReport): boolean =>
  canonicalText({ ...a, ...TIMELESS }) === canonicalText({ ...b, ...TIMELESS });

const TIMELESS = { lastUpdatedAt: undefined, comparedAt: undefined, timeUnreadable: undefined };

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
