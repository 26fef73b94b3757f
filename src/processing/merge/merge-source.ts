import type { Difference } from '../../domain/entities/change.ts';
import type { EntityReport } from '../../domain/entities/entity.ts';
import type { EntityState, MergeResult } from '../../domain/entities/entity-state.ts';
import type { Turn } from '../../domain/turn.ts';
import { type JsonObject, objectAt, parseJson, setMember } from '../../domain/values/json.ts';
import type { Age } from './compare-times.ts';
import { partsOf, sourceDifferences } from './diff-source.ts';

/** The platform's own JSON is content, too: when the canonical content is equal, the differences in this JSON are the change. */
export async function mergeSource(
  effect: MergeResult,
  report: EntityReport,
  age: Age,
  { before, turn }: { before: number; turn: Turn },
  diff: Difference[],
): Promise<void> {
  const { state } = effect;
  const reported = report.source ?? {};
  const text = JSON.stringify(reported);
  const isEqual = state.source === text;
  await turn.pauseIfLong();
  const isAdded = report.partial === true && state.source !== null && state.source.length + text.length <= MOST_ADDED_CHARACTERS;
  const isCompared = state.source !== null && !isEqual && diff.length === before;
  const stored = isCompared || (isAdded && !isEqual) ? objectAt(parseJson(state.source ?? '{}')) : {};
  await turn.pauseIfLong();
  if (isCompared) {
    const headerEmpty = Object.values(state.header).every((value) => value === null);
    const comparison = { compared: comparedParts(state, report), without: partsOf(report), headerEmpty, strict: age === 'equal', turn };
    await sourceDifferences(stored, reported, '/source', diff, comparison);
    if (age === 'equal' && diff.length > before) effect.collisions += 1;
  }
  await turn.pauseIfLong();
  // At an equal time, only a whole entity may replace what an event or a summary reported.
  if (age !== 'newer' && diff.length === before && !report.linesComplete) return;
  const source = isAdded && !isEqual ? JSON.stringify(addMembers(stored, reported)) : text;
  const form = isAdded && state.sourceForm !== (report.form ?? null) ? 'mixed' : (report.form ?? null);
  effect.headerTouched ||= source !== state.source || form !== state.sourceForm;
  state.source = source;
  state.sourceForm = form;
  state.sourceLines = report.sourceLines;
}

/**
 * A source to which partial reports are added is replaced instead of growing beyond this: what is stored is read with every message, however small.
 * Sources without their lines have some kilobytes.
 */
const MOST_ADDED_CHARACTERS = 1_000_000;

/** Changes `stored` in place: copying a hundred thousand members takes as long as parsing them. */
function addMembers(stored: JsonObject, reported: JsonObject): JsonObject {
  for (const name of Object.keys(reported)) setMember(stored, name, reported[name]);
  return stored;
}

/**
 * Reports of the same form are compared as a whole (except for the members that a partial one omits), reports of different forms in the members
 * that both have.
 */
function comparedParts({ sourceForm }: Pick<EntityState, 'sourceForm'>, { form, partial }: EntityReport): 'whole' | 'reported' | 'shared' {
  if (form === undefined || form !== sourceForm) return 'shared';
  return partial ? 'reported' : 'whole';
}
