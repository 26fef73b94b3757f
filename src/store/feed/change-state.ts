import type { Difference } from '../../domain/entities/change.ts';
import type { Header, LineContent } from '../../domain/entities/entity.ts';

/** What a change left behind, for showing any position of the feed again: the header if it changed, and the touched lines. */
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

/** As it is stored: the content of a line that this change created is in its difference (referred to by index), and is not stored twice. */
interface StoredState extends Omit<ChangeState, 'lines'> {
  lines: Record<string, Omit<LineThen, 'content'> & ({ content: LineContent } | { difference: number })>;
}

/** JSON text; the header comes first, since entries without one are recognized by how they begin. */
export function stateText(state: ChangeState, diff: readonly Difference[]): string {
  const places = new Map<unknown, number>();
  for (const [place, { before, after }] of diff.entries()) if (before === null && typeof after === 'object') places.set(after, place);
  const lines = Object.entries(state.lines).map(([externalId, { content, ...line }]) => {
    const difference = places.get(content);
    return [externalId, difference === undefined ? { content, ...line } : { difference, ...line }] as const;
  });
  return JSON.stringify({ ...state, lines: Object.fromEntries(lines) } satisfies StoredState);
}

/** The state of an entry, with the JSON text of its differences. */
export function toChangeState({ state, diff }: { state: string; diff: string }): ChangeState {
  const stored: StoredState = JSON.parse(state);
  const differences: { after: LineContent }[] = state.includes('"difference":') ? JSON.parse(diff) : [];
  const lines = Object.entries(stored.lines).map(([externalId, line]) => {
    if ('content' in line) return [externalId, line] as const;
    const { difference, ...then } = line;
    const content = differences[difference]?.after;
    if (!content) throw new Error(`The entry's difference ${difference}, which is the content of line ${externalId}, is missing.`);
    return [externalId, { content, ...then }] as const;
  });
  return { ...stored, lines: Object.fromEntries(lines) };
}
