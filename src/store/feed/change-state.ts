import type { Difference } from '../../domain/entities/change.ts';
import type { Header, LineContent } from '../../domain/entities/entity.ts';
import { isObject, type JsonObject, textAt } from '../../domain/values/json.ts';

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

/** As stored: the content of a line that this change created is in its difference (referred to by index), and is not stored twice. */
interface StoredState extends Omit<ChangeState, 'lines'> {
  lines: Record<string, Omit<LineThen, 'content'> & ({ content: LineContent } | { difference: number })>;
}

/** JSON text; the header comes first, since entries without one are recognized by how they begin. */
export function stateText(state: ChangeState, diff: readonly Difference[]): string {
  const created = new Map<string | null, { place: number; after: JsonObject }>();
  for (const [place, { before, after }] of diff.entries())
    if (before === null && isObject(after)) created.set(textAt(after.externalId), { place, after });
  const lines = Object.entries(state.lines).map(([externalId, { content, ...line }]) => {
    const found = created.get(externalId);
    return [externalId, found && hasContent(found.after, content) ? { difference: found.place, ...line } : { content, ...line }] as const;
  });
  return JSON.stringify({ ...state, lines: Object.fromEntries(lines) } satisfies StoredState);
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

/** The state of an entry, with the JSON text of its differences. */
export function toChangeState({ state, diff }: { state: string; diff: string }): ChangeState {
  const stored: StoredState = JSON.parse(state);
  const differences: { after: LineContent & { externalId?: string } }[] = state.includes('"difference":') ? JSON.parse(diff) : [];
  const lines = Object.entries(stored.lines).map(([externalId, line]) => {
    if ('content' in line) return [externalId, line] as const;
    const { difference, ...then } = line;
    const after = differences[difference]?.after;
    if (!after) throw new Error(`The entry's difference ${difference}, which is the content of line ${externalId}, is missing.`);
    const { externalId: _named, ...content } = after;
    return [externalId, { content, ...then }] as const;
  });
  return { ...stored, lines: Object.fromEntries(lines) };
}
