import type { Difference } from '../../domain/entities/change.ts';
import { differences, pathPart } from '../../domain/entities/diff.ts';
import { type EntityReport, type Header, type LineContent, type LineReport, NO_HEADER } from '../../domain/entities/entity.ts';
import type { EntityState, LineState, MergeResult } from '../../domain/entities/entity-state.ts';
import type { Turn } from '../../domain/turn.ts';
import { objectAt, parseJson } from '../../domain/values/json.ts';
import { type Age, ageOf, isBelieved, isLater, storeLater, timeOf } from './compare-times.ts';
import { partsOf, sourceDifferences } from './diff-source.ts';
import { mergeDocuments } from './merge-documents.ts';
import { mergeSource } from './merge-source.ts';

/** Whose report is merged into the stored state, and when. */
export interface MergeContext {
  connection: string;
  platform: string;
  /** ISO 8601: when the delivery was received, or the record was read. */
  at: string;
  makeId(): string;
  /** Of the event loop: a source of a megabyte is compared in several. */
  turn: Turn;
}

/**
 * Determines what is new: the header by the entity's time, each line by its own, documents by theirs. Older content is stale and has no effect;
 * different content with an equal time is applied and counted as a collision; a newer time with the same content is stored, but creates no change.
 * `stored` is null for an unknown entity; otherwise it is modified and returned.
 */
export async function mergeReport(stored: EntityState | null, report: EntityReport, context: MergeContext): Promise<MergeResult> {
  const state = stored ?? newState(report, context);
  const effect: MergeResult = {
    state,
    change: null,
    headerTouched: stored === null,
    touchedLines: [],
    touchedDocuments: [],
    stale: 0,
    collisions: 0,
  };
  const wasDeleted = state.deletedAt !== null;
  if (report.deleted) return mergeDeletion(effect, report, context, stored === null);
  if (wasDeleted && !restores(state, report)) return { ...effect, stale: 1 };
  const diff: Difference[] = [];
  if (wasDeleted) {
    diff.push({ path: '/deletedAt', before: state.deletedAt, after: null });
    state.deletedAt = null;
  }
  const age = stored === null || wasDeleted ? 'newer' : ageOf(report, state);
  const lines = await mergeContent(effect, report, age, context, diff);
  lines.push(...mergeDocuments(effect, report, { ...context, age }, diff).filter((name) => !lines.includes(name)));
  if (stored === null || diff.length > 0) recordChange(effect, stored === null || wasDeleted ? 'created' : 'updated', lines, diff, context);
  return effect;
}

function newState(report: EntityReport, context: MergeContext): EntityState {
  return {
    id: context.makeId(),
    connection: context.connection,
    platform: context.platform,
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
    createdAt: context.at,
    updatedAt: context.at,
    lines: new Map(),
    documents: new Map(),
  };
}

/** Only a report newer than the deletion, or one that announces a creation, restores a deleted entity. */
function restores(state: EntityState, report: EntityReport): boolean {
  if (report.lastUpdatedAt === null) return report.creates === true && !report.timeUnreadable;
  return isLater(report, state) && isLater(report, { lastUpdatedAt: state.deletedAt });
}

async function mergeDeletion(effect: MergeResult, report: EntityReport, context: MergeContext, unknown: boolean): Promise<MergeResult> {
  const { state } = effect;
  if (state.deletedAt !== null) return effect;
  const age = unknown ? 'newer' : ageOf(report, state);
  if (age === 'older') return { ...effect, stale: 1 };
  state.deletedAt = isBelieved(report) ? (report.lastUpdatedAt ?? context.at) : context.at;
  const diff: Difference[] = [{ path: '/deletedAt', before: null, after: state.deletedAt }];
  // Some platforms send the whole content along with a deletion: it is the last known state.
  const lines = report.header === null ? [] : await mergeContent(effect, report, age, context, diff);
  storeLater(state, report);
  recordChange(effect, 'deleted', lines, diff, context);
  return effect;
}

/** Merges header and lines, and returns the names of the lines that have changed. */
async function mergeContent(
  effect: MergeResult,
  report: EntityReport,
  age: Age,
  context: MergeContext,
  diff: Difference[],
): Promise<string[]> {
  await mergeHeader(effect, report, age, context.turn, diff);
  return [...(await mergeLines(effect, report, context, diff)), ...removeMissing(effect, report, age, context, diff)];
}

function recordChange(
  effect: MergeResult,
  action: 'created' | 'updated' | 'deleted',
  lines: string[],
  diff: Difference[],
  context: MergeContext,
): void {
  effect.state.version += 1;
  effect.state.updatedAt = context.at;
  effect.headerTouched = true;
  effect.change = { action, lines, diff, headerChanged: diff.some(({ path }) => !/^\/(lines|documents)\//.test(path)) };
}

async function mergeHeader(effect: MergeResult, report: EntityReport, age: Age, turn: Turn, diff: Difference[]): Promise<void> {
  const { state } = effect;
  if (age === 'older') {
    if (report.header !== null) effect.stale += 1;
    return;
  }
  const before = diff.length;
  if (report.header !== null) {
    const header = report.partial ? completed(state.header, report.header) : report.header;
    await differences(objectAt(state.header), objectAt(header), '', { note: (one) => diff.push(one), turn });
    if (age === 'equal' && diff.length > before) effect.collisions += 1;
    state.header = header;
  }
  if (report.source !== null) await mergeSource(effect, report, age, { before, turn }, diff);
  // The time of a report that carries only lines does not apply to the header.
  if (age === 'newer' && (report.header !== null || report.linesComplete)) {
    const isLaterTime = storeLater(state, report);
    effect.headerTouched ||= isLaterTime;
  }
}

/** A partial header or line over the stored one: its nulls and empty lists mean that the member was not reported. */
const completed = <Part extends Header | LineContent>(stored: Part, part: Part): Part => ({
  ...stored,
  ...Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))),
});

async function mergeLines(effect: MergeResult, report: EntityReport, context: MergeContext, diff: Difference[]): Promise<string[]> {
  const touched: string[] = [];
  for (const line of report.lines) {
    const stored = effect.state.lines.get(line.externalId);
    const before = diff.length;
    await context.turn.pauseIfLong();
    if (stored) await mergeLine(effect, stored, line, report, context, diff);
    else if (!line.removed) addLine(effect, line, report, diff);
    if (diff.length > before) touched.push(line.content.position ?? line.externalId);
  }
  return touched;
}

const lineName = (position: string | null, externalId: string): string => pathPart(position ?? externalId);

function addLine(effect: MergeResult, line: LineReport, report: EntityReport, diff: Difference[]): void {
  const { lastUpdatedAt, comparedAt = null } = timeOf(line, report);
  const added: LineState = {
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
  effect.state.lines.set(line.externalId, added);
  effect.touchedLines.push(added);
  const after = { externalId: line.externalId, ...objectAt(line.content) };
  diff.push({ path: `/lines/${lineName(line.content.position, line.externalId)}`, before: null, after });
}

async function mergeLine(
  effect: MergeResult,
  stored: LineState,
  line: LineReport,
  report: EntityReport,
  context: MergeContext,
  diff: Difference[],
): Promise<void> {
  const time = timeOf(line, report);
  const age = ageOf(time, stored);
  // A late event does not restore a removed line; a whole entity that still contains it does.
  if (age === 'older' || (stored.removedAt !== null && age === 'equal' && !report.linesComplete)) {
    if (age === 'older') effect.stale += 1;
    return;
  }
  const path = `/lines/${lineName(line.content.position, line.externalId)}`;
  const before = diff.length;
  if (line.removed) markRemoved(stored, path, context.at, diff);
  else await mergeLineContent(stored, line, report, { age, path, turn: context.turn }, diff);
  const changed = diff.length > before;
  if (changed && age === 'equal') effect.collisions += 1;
  if (changed) stored.version += 1;
  const isLaterTime = storeLater(stored, time);
  if (changed || isLaterTime) effect.touchedLines.push(stored);
}

async function mergeLineContent(
  stored: LineState,
  line: LineReport,
  report: EntityReport,
  { age, path, turn }: { age: Age; path: string; turn: Turn },
  diff: Difference[],
): Promise<void> {
  const before = diff.length;
  if (stored.removedAt !== null) {
    diff.push({ path: `${path}/removedAt`, before: stored.removedAt, after: null });
    stored.removedAt = null;
  }
  const content = line.partial ? completed(stored.content, line.content) : line.content;
  const reported = line.partial ? { ...objectAt(parseJson(stored.source)), ...line.source } : line.source;
  await differences(objectAt(stored.content), objectAt(content), path, { note: (one) => diff.push(one), turn });
  const source = JSON.stringify(reported);
  if (diff.length === before && source !== stored.source) {
    const isOneForm = report.form !== undefined && report.form === stored.sourceForm;
    const compared = age === 'newer' || isOneForm ? 'whole' : 'shared';
    const comparison = { compared, without: partsOf(report), strict: age === 'equal', turn } as const;
    await sourceDifferences(objectAt(parseJson(stored.source)), reported, `${path}/source`, diff, comparison);
  }
  if (age === 'newer' || diff.length > before) {
    stored.source = source;
    stored.sourceForm = report.form ?? null;
  }
  stored.content = content;
}

function markRemoved(stored: LineState, path: string, at: string, diff: Difference[]): void {
  if (stored.removedAt !== null) return;
  diff.push({ path: `${path}/removedAt`, before: null, after: at });
  stored.removedAt = at;
}

/** A stored line that is missing from a whole entity has been removed, unless its own time is newer than the report. */
function removeMissing(effect: MergeResult, report: EntityReport, age: Age, context: MergeContext, diff: Difference[]): string[] {
  if (!report.linesComplete || age === 'older') return [];
  const reported = new Set(report.lines.map((line) => line.externalId));
  const removed: string[] = [];
  for (const stored of effect.state.lines.values()) {
    if (reported.has(stored.externalId) || stored.removedAt !== null) continue;
    if (ageOf(report, stored) === 'older') continue;
    markRemoved(stored, `/lines/${lineName(stored.content.position, stored.externalId)}`, context.at, diff);
    stored.version += 1;
    effect.touchedLines.push(stored);
    removed.push(stored.content.position ?? stored.externalId);
  }
  return removed;
}
