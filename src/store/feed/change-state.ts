import type { Difference } from '../../domain/entities/change.ts';
import type { Header, LineContent } from '../../domain/entities/entity.ts';
import { isObject, type Json, type JsonObject, textAt } from '../../domain/values/json.ts';
import { trimmed } from '../entities/content-values.ts';
import { shared, toShared } from '../entities/line-values.ts';

/** The state that a change produced, for showing any position of the feed later: the header if it changed, and the touched lines. */
export interface ChangeState {
  header: Header | null;
  lastUpdatedAt: string | null;
  deletedAt: string | null;
  lines: Record<string, LineThen>;
}

interface LineThen {
  content: LineContent;
  rank: number;
  version: number;
  lastUpdatedAt: string | null;
  removedAt: string | null;
}

/** As stored. The content of a line that this change created is in its difference, and is not stored twice. */
interface StoredState extends Omit<ChangeState, 'lines'> {
  /** Of states that were stored before `created` existed, a line may refer to its difference by index. */
  lines: Record<string, Omit<LineThen, 'content'> & ({ content: LineContent } | { difference: number })>;
  created?: readonly CreatedLine[];
}

/** `difference` is an index; a `version` or `lastUpdatedAt` that is missing or null is 1 and that of the entity; '' is none. */
type CreatedLine = readonly [
  difference: number,
  rank: number,
  version?: number | null,
  lastUpdatedAt?: string | null,
  removedAt?: string | null,
];

/** JSON text; the header comes first, since entries without one are recognized by how they begin. */
export function stateText(state: ChangeState, diff: readonly Difference[]): string {
  const differences = new Map<string | null, { place: number; after: JsonObject }>();
  for (const [place, { before, after }] of diff.entries())
    if (before === null && isObject(after)) differences.set(textAt(after.externalId), { place, after });
  const created: Json[][] = [];
  const others: [string, LineThen][] = [];
  for (const [externalId, line] of Object.entries(state.lines)) {
    const found = differences.get(externalId);
    if (found && hasContent(found.after, line.content)) created.push(createdLine(found.place, line, state.lastUpdatedAt));
    else others.push([externalId, line]);
  }
  const { header, lastUpdatedAt, deletedAt } = state;
  const stored = { header, lastUpdatedAt, deletedAt, lines: Object.fromEntries(others) };
  return JSON.stringify(created.length === 0 ? stored : { ...stored, created });
}

const createdLine = (difference: number, line: LineThen, ofEntity: string | null): Json[] =>
  trimmed([difference, line.rank, line.version === 1 ? null : line.version, shared(line.lastUpdatedAt, ofEntity), line.removedAt]);

/** Whether the difference has exactly this content: the same values, besides the line's id. */
function hasContent(after: JsonObject, content: LineContent): boolean {
  let others = 0;
  for (const name in after) if (name !== 'externalId') others++;
  for (const name in content) {
    if (after[name] !== content[name as keyof LineContent]) return false;
    others--;
  }
  return others === 0;
}

/** The state of an entry, with the JSON text of its differences. */
export function toChangeState({ state, diff }: { state: string; diff: string }): ChangeState {
  const { created = [], ...stored }: StoredState = JSON.parse(state);
  const isReferring = created.length > 0 || state.includes('"difference":');
  const differences: { after: unknown }[] = isReferring ? JSON.parse(diff) : [];
  const lines = Object.entries(stored.lines).map(([externalId, line]): [string, LineThen] => {
    if ('content' in line) return [externalId, line];
    const { difference, ...then } = line;
    return [externalId, { content: createdIn(differences, difference).content, ...then }];
  });
  for (const [difference, rank, version, lastUpdatedAt, removedAt] of created) {
    const { externalId, content } = createdIn(differences, difference);
    const times = { lastUpdatedAt: toShared(lastUpdatedAt, stored.lastUpdatedAt), removedAt: removedAt ?? null };
    lines.push([externalId, { content, rank, version: version ?? 1, ...times }]);
  }
  return { ...stored, lines: Object.fromEntries(lines) };
}

/** The line that a difference created. */
function createdIn(differences: readonly { after: unknown }[], place: number): { externalId: string; content: LineContent } {
  const after = differences[place]?.after;
  if (!after) throw new Error(`The entry's difference ${place}, which is the content of a line, is missing.`);
  const { externalId, ...content } = after as LineContent & { externalId: string };
  return { externalId, content };
}
