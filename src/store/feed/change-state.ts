import type { Difference } from '../../domain/entities/change.ts';
import { HEADER_NAMES, type Header, type LineContent, NO_HEADER } from '../../domain/entities/entity.ts';
import type { Turn } from '../../domain/turn.ts';
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

/** As stored. What this change set from nothing, the header or the content of a line, is in its differences, and is not stored twice. */
interface StoredState {
  /** An empty one has the values of the differences. */
  header: Partial<Header> | null;
  /** Missing: that of the change's cause. */
  lastUpdatedAt?: string | null;
  deletedAt?: string | null;
  /** Of states that were stored before `created` existed, a line may refer to its difference by index. */
  lines?: Record<string, Omit<LineThen, 'content'> & ({ content: LineContent } | { difference: number })>;
  created?: readonly CreatedLine[];
}

/**
 * `difference` is an index. One that is missing or null follows the previous line's, and so does a rank, which begins at 0. A `version` or
 * `lastUpdatedAt` that is missing or null is 1 and that of the entity; '' is none.
 */
type CreatedLine = readonly [
  difference?: number | null,
  rank?: number | null,
  version?: number | null,
  lastUpdatedAt?: string | null,
  removedAt?: string | null,
];

/** JSON text; the header comes first, since entries without one are recognized by how they begin. `platformAt`: the platform's time of the cause. */
export async function stateText(state: ChangeState, diff: readonly Difference[], platformAt: string | null, turn: Turn): Promise<string> {
  const differences = new Map<string | null, { place: number; after: JsonObject }>();
  for (const [place, { before, after }] of diff.entries())
    if (before === null && isObject(after)) differences.set(textAt(after.externalId), { place, after });
  const created: Json[][] = [];
  const others: [string, LineThen][] = [];
  let last = { place: -1, rank: -1 };
  for (const [externalId, line] of Object.entries(state.lines)) {
    await turn.pauseIfLong();
    const found = differences.get(externalId);
    if (!found || !hasContent(found.after, line.content)) {
      others.push([externalId, line]);
      continue;
    }
    created.push(createdLine(found.place, line, last, state.lastUpdatedAt));
    last = { place: found.place, rank: line.rank };
  }
  await turn.pauseIfLong();
  const stored: StoredState = { header: state.header && isSetFromNothing(state.header, diff) ? {} : state.header };
  if (state.lastUpdatedAt !== platformAt) stored.lastUpdatedAt = state.lastUpdatedAt;
  if (state.deletedAt !== null) stored.deletedAt = state.deletedAt;
  if (others.length > 0) stored.lines = Object.fromEntries(others);
  return JSON.stringify(created.length === 0 ? stored : { ...stored, created });
}

const createdLine = (place: number, line: LineThen, last: { place: number; rank: number }, ofEntity: string | null): Json[] =>
  trimmed([
    place === last.place + 1 ? null : place,
    line.rank === last.rank + 1 ? null : line.rank,
    line.version === 1 ? null : line.version,
    shared(line.lastUpdatedAt, ofEntity),
    line.removedAt,
  ]);

const HEADER_PATHS: ReadonlySet<string> = new Set(HEADER_NAMES.map((name) => `/${name}`));

/** Whether the differences have all values of the header, each from null. */
function isSetFromNothing(header: Header, diff: readonly Difference[]): boolean {
  const set = new Map<string, unknown>();
  for (const { path, before, after } of diff) if (HEADER_PATHS.has(path)) set.set(path, before === null ? after : undefined);
  return HEADER_NAMES.every((name) => {
    const value: unknown = header[name];
    return set.has(`/${name}`) ? set.get(`/${name}`) === value : value === null;
  });
}

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

/** What an entry stores of its state; `diff` is the JSON text of its differences. */
export interface StateColumns {
  state: string;
  diff: string;
  platform_at: string | null;
}

export function toChangeState({ state, diff, platform_at }: StateColumns): ChangeState {
  const { lastUpdatedAt: updatedAt = platform_at, deletedAt = null, ...stored }: StoredState = JSON.parse(state);
  const isReferring = stored.created !== undefined || state.startsWith('{"header":{}') || state.includes('"difference":');
  const differences: Difference[] = isReferring ? JSON.parse(diff) : [];
  const lines = Object.entries(stored.lines ?? {}).map(([externalId, line]): [string, LineThen] => {
    if ('content' in line) return [externalId, line];
    const { difference, ...then } = line;
    return [externalId, { content: createdIn(differences, difference).content, ...then }];
  });
  let last = { place: -1, rank: -1 };
  for (const [difference, setRank, version, lastUpdatedAt, removedAt] of stored.created ?? []) {
    const place = difference ?? last.place + 1;
    const rank = setRank ?? last.rank + 1;
    const { externalId, content } = createdIn(differences, place);
    const times = { lastUpdatedAt: toShared(lastUpdatedAt, updatedAt), removedAt: removedAt ?? null };
    lines.push([externalId, { content, rank, version: version ?? 1, ...times }]);
    last = { place, rank };
  }
  return { header: toHeaderThen(stored.header, differences), lastUpdatedAt: updatedAt, deletedAt, lines: Object.fromEntries(lines) };
}

function toHeaderThen(stored: StoredState['header'], differences: readonly Difference[]): Header | null {
  if (stored === null) return null;
  const set = differences.flatMap(({ path, after }) => HEADER_NAMES.flatMap((name) => (path === `/${name}` ? [[name, after]] : [])));
  return { ...NO_HEADER, ...(Object.keys(stored).length === 0 ? Object.fromEntries(set) : stored) };
}

/** The line that a difference created. */
function createdIn(differences: readonly { after: unknown }[], place: number): { externalId: string; content: LineContent } {
  const after = differences[place]?.after;
  if (!after) throw new Error(`The entry's difference ${place}, which is the content of a line, is missing.`);
  const { externalId, ...content } = after as LineContent & { externalId: string };
  return { externalId, content };
}
