import type { Difference } from '../../domain/entities/change.ts';
import { differences, pathPart } from '../../domain/entities/diff.ts';
import type { EntityReport, Header, LineReport } from '../../domain/entities/entity.ts';
import type { EntityState, LineState, MergeResult } from '../../domain/entities/entity-state.ts';
import { type Json, objectAt, parseJson } from '../../domain/values/json.ts';
import type { ReportedTime } from '../../domain/values/time.ts';
import { type Age, ageOf, isBelieved, isLater, keepLater } from './compare-times.ts';
import { partsOf, sourceDifferences } from './diff-source.ts';
import { mergeDocuments } from './merge-documents.ts';

/** Where and when a report is laid over what is held. */
export interface MergeContext {
  connection: string;
  platform: string;
  /** ISO 8601: when the delivery was received, or the record was read. */
  at: string;
  makeId(): string;
}

const NO_HEADER: Header = { number: null, status: null, currency: null, buyer: null, supplier: null, total: null, orderedAt: null };

/**
 * Works out what is new: the header by the entity's time, each line by its own, documents by theirs. Older is stale and has no effect;
 * an equal time with other content is applied and counted; a newer time with the same content is remembered and not reported.
 * `held` is null for an unknown entity; it is changed in place and given back.
 */
export function mergeReport(held: EntityState | null, report: EntityReport, occasion: MergeContext): MergeResult {
  const image = held ?? newImage(report, occasion);
  const effect: MergeResult = {
    state: image,
    change: null,
    headerTouched: held === null,
    touchedLines: [],
    touchedDocuments: [],
    stale: 0,
    collisions: 0,
  };
  const wasDeleted = image.deletedAt !== null;
  if (report.deleted) return layTombstone(effect, report, occasion, held === null);
  if (wasDeleted && !revives(image, report)) return { ...effect, stale: 1 };
  const diff: Difference[] = [];
  if (wasDeleted) {
    diff.push({ path: '/deletedAt', before: image.deletedAt, after: null });
    image.deletedAt = null;
  }
  const age = held === null || wasDeleted ? 'newer' : ageOf(report, image);
  const lines = layContent(effect, report, age, occasion, diff);
  lines.push(...mergeDocuments(effect, report, { ...occasion, age }, diff).filter((name) => !lines.includes(name)));
  if (held === null || diff.length > 0) conclude(effect, held === null || wasDeleted ? 'created' : 'updated', lines, diff, occasion);
  return effect;
}

function newImage(report: EntityReport, occasion: MergeContext): EntityState {
  return {
    id: occasion.makeId(),
    connection: occasion.connection,
    platform: occasion.platform,
    kind: report.kind,
    externalId: report.externalId,
    header: NO_HEADER,
    source: null,
    sourceForm: null,
    sourceLines: report.sourceLines,
    lastUpdatedAt: null,
    comparedAt: null,
    version: 0,
    deletedAt: null,
    createdAt: occasion.at,
    updatedAt: occasion.at,
    lines: new Map(),
    documents: new Map(),
  };
}

/** Only a report newer than the tombstone, or one that announces a creation, brings a deleted entity back. */
function revives(image: EntityState, report: EntityReport): boolean {
  if (report.lastUpdatedAt === null) return report.creates === true && !report.timeUnreadable;
  return isLater(report, image) && isLater(report, { lastUpdatedAt: image.deletedAt });
}

function layTombstone(effect: MergeResult, report: EntityReport, occasion: MergeContext, unknown: boolean): MergeResult {
  const { state } = effect;
  if (state.deletedAt !== null) return effect;
  const age = unknown ? 'newer' : ageOf(report, state);
  if (age === 'older') return { ...effect, stale: 1 };
  state.deletedAt = isBelieved(report) ? (report.lastUpdatedAt ?? occasion.at) : occasion.at;
  const diff: Difference[] = [{ path: '/deletedAt', before: null, after: state.deletedAt }];
  // Some platforms still tell a deleted thing as a whole, and then it is known how it ended.
  const lines = report.header === null ? [] : layContent(effect, report, age, occasion, diff);
  keepLater(state, report);
  conclude(effect, 'deleted', lines, diff, occasion);
  return effect;
}

/** Header and lines. Gives the names of the lines that have changed. */
function layContent(effect: MergeResult, report: EntityReport, age: Age, occasion: MergeContext, diff: Difference[]): string[] {
  layHeader(effect, report, age, diff);
  return [...layLines(effect, report, occasion, diff), ...removeMissing(effect, report, age, occasion, diff)];
}

function conclude(
  effect: MergeResult,
  action: 'created' | 'updated' | 'deleted',
  lines: string[],
  diff: Difference[],
  occasion: MergeContext,
): void {
  effect.state.version += 1;
  effect.state.updatedAt = occasion.at;
  effect.headerTouched = true;
  effect.change = { action, lines, diff, headerChanged: diff.some(({ path }) => !/^\/(lines|documents)\//.test(path)) };
}

function layHeader(effect: MergeResult, report: EntityReport, age: Age, diff: Difference[]): void {
  const { state } = effect;
  if (age === 'older') {
    if (report.header !== null) effect.stale += 1;
    return;
  }
  const before = diff.length;
  if (report.header !== null) {
    const header = report.partial ? told(state.header, report.header) : report.header;
    differences(state.header as unknown as Json, header as unknown as Json, '', diff);
    if (age === 'equal' && diff.length > before) effect.collisions += 1;
    state.header = header;
  }
  if (report.source !== null) laySource(effect, report, age, before, diff);
  // A report that only carries lines says nothing of the header's time.
  if (age === 'newer' && (report.header !== null || report.linesComplete)) {
    const isKept = keepLater(state, report);
    effect.headerTouched ||= isKept;
  }
}

/** What a part tells, over what is held: its nulls say nothing. */
const told = (held: Header, part: Header): Header => ({
  ...held,
  ...Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null)),
});

/** The platform's own JSON is content, too: where nothing canonical differs, what differs in it is the change. */
function laySource(effect: MergeResult, report: EntityReport, age: Age, before: number, diff: Difference[]): void {
  const { state } = effect;
  const reported = report.source ?? {};
  if (state.source !== null && diff.length === before) {
    const wordless = Object.values(state.header).every((value) => value === null);
    const how = { compared: comparedParts(state, report), without: partsOf(report), wordless, strict: age === 'equal' };
    sourceDifferences(state.source, reported, '/source', diff, how);
    if (age === 'equal' && diff.length > before) effect.collisions += 1;
  }
  // At an equal time a whole entity may replace what an event or a summary told; nothing else does.
  if (age !== 'newer' && diff.length === before && !report.linesComplete) return;
  const isAdded = report.partial === true && state.source !== null;
  const source = JSON.stringify(isAdded ? { ...objectAt(parseJson(state.source ?? '{}')), ...reported } : reported);
  const form = isAdded && state.sourceForm !== (report.form ?? null) ? 'mixed' : (report.form ?? null);
  effect.headerTouched ||= source !== state.source || form !== state.sourceForm;
  state.source = source;
  state.sourceForm = form;
  state.sourceLines = report.sourceLines;
}

/** Two reports of one form are compared whole (what a partial one leaves out says nothing), two of different forms in what both have. */
function comparedParts({ sourceForm }: Pick<EntityState, 'sourceForm'>, { form, partial }: EntityReport): 'whole' | 'reported' | 'shared' {
  if (form === undefined || form !== sourceForm) return 'shared';
  return partial ? 'reported' : 'whole';
}

function layLines(effect: MergeResult, report: EntityReport, occasion: MergeContext, diff: Difference[]): string[] {
  const touched: string[] = [];
  for (const line of report.lines) {
    const held = effect.state.lines.get(line.externalId);
    const before = diff.length;
    if (held) layLine(effect, held, line, report, occasion, diff);
    else if (!line.removed) addLine(effect, line, report, diff);
    if (diff.length > before) touched.push(line.content.position ?? line.externalId);
  }
  return touched;
}

const lineName = (position: string | null, externalId: string): string => pathPart(position ?? externalId);

/** A line's own time, else its report's. */
const timeOf = (line: LineReport, report: EntityReport): ReportedTime =>
  line.lastUpdatedAt === null && !line.timeUnreadable ? report : line;

function addLine(effect: MergeResult, line: LineReport, report: EntityReport, diff: Difference[]): void {
  const { lastUpdatedAt, comparedAt = null } = timeOf(line, report);
  const image: LineState = {
    externalId: line.externalId,
    rank: effect.state.lines.size,
    content: line.content,
    source: JSON.stringify(line.source),
    sourceForm: report.form ?? null,
    lastUpdatedAt,
    comparedAt,
    version: 1,
    removedAt: null,
  };
  effect.state.lines.set(line.externalId, image);
  effect.touchedLines.push(image);
  const after = { externalId: line.externalId, ...line.content } as unknown as Json;
  diff.push({ path: `/lines/${lineName(line.content.position, line.externalId)}`, before: null, after });
}

function layLine(
  effect: MergeResult,
  held: LineState,
  line: LineReport,
  report: EntityReport,
  occasion: MergeContext,
  diff: Difference[],
): void {
  const time = timeOf(line, report);
  const age = ageOf(time, held);
  // A late event does not bring a removed line back; a whole entity that still has it does.
  if (age === 'older' || (held.removedAt !== null && age === 'equal' && !report.linesComplete)) {
    if (age === 'older') effect.stale += 1;
    return;
  }
  const path = `/lines/${lineName(line.content.position, line.externalId)}`;
  const before = diff.length;
  if (line.removed) markRemoved(held, path, occasion.at, diff);
  else layLineContent(held, line, report, age, path, diff);
  const changed = diff.length > before;
  if (changed && age === 'equal') effect.collisions += 1;
  if (changed) held.version += 1;
  const isKept = keepLater(held, time);
  if (changed || isKept) effect.touchedLines.push(held);
}

function layLineContent(held: LineState, line: LineReport, report: EntityReport, age: Age, path: string, diff: Difference[]): void {
  const before = diff.length;
  if (held.removedAt !== null) {
    diff.push({ path: `${path}/removedAt`, before: held.removedAt, after: null });
    held.removedAt = null;
  }
  differences(held.content as unknown as Json, line.content as unknown as Json, path, diff);
  const source = JSON.stringify(line.source);
  if (diff.length === before && source !== held.source) {
    const isOneForm = report.form !== undefined && report.form === held.sourceForm;
    const compared = age === 'newer' || isOneForm ? 'whole' : 'shared';
    sourceDifferences(held.source, line.source, `${path}/source`, diff, { compared, without: partsOf(report), strict: age === 'equal' });
  }
  if (age === 'newer' || diff.length > before) {
    held.source = source;
    held.sourceForm = report.form ?? null;
  }
  held.content = line.content;
}

function markRemoved(held: LineState, path: string, at: string, diff: Difference[]): void {
  if (held.removedAt !== null) return;
  diff.push({ path: `${path}/removedAt`, before: null, after: at });
  held.removedAt = at;
}

/** A whole entity without a line that is held: the line is gone, unless it has a time of its own that is newer than the report. */
function removeMissing(effect: MergeResult, report: EntityReport, age: Age, occasion: MergeContext, diff: Difference[]): string[] {
  if (!report.linesComplete || age === 'older') return [];
  const told = new Set(report.lines.map((line) => line.externalId));
  const removed: string[] = [];
  for (const held of effect.state.lines.values()) {
    if (told.has(held.externalId) || held.removedAt !== null) continue;
    if (ageOf(report, held) === 'older') continue;
    markRemoved(held, `/lines/${lineName(held.content.position, held.externalId)}`, occasion.at, diff);
    held.version += 1;
    effect.touchedLines.push(held);
    removed.push(held.content.position ?? held.externalId);
  }
  return removed;
}
