import type { Context } from '../context.ts';
import { readSearchedEntities } from '../store/search/search.ts';
import { readChangedAfter, readSearchPosition, writeSearchTexts } from '../store/search/search-index.ts';

/** Entries of the feed in one batch. */
export const PER_STEP = 200;

/**
 * Advances the search index by one batch of the feed; returns the number of entries indexed. Several processes may do so at once: a batch
 * that another one has indexed in the meantime is discarded.
 */
export async function indexChanges(context: Pick<Context, 'db'>, limit = PER_STEP): Promise<number> {
  const { db } = context;
  const from = await readSearchPosition(db.read);
  const changed = await readChangedAfter(db.read, from, limit);
  const last = changed.at(-1);
  if (!last) return 0;
  const entities = await readSearchedEntities(db.read, [...new Set(changed.map(({ entityId }) => entityId))]);
  const rows = entities.map(({ seq, terms }) => ({ seq, text: [...new Set(terms.map(({ text }) => text))].join('\n') }));
  await db.write((sql) => writeSearchTexts(sql, rows, { from, to: last.position }));
  return changed.length;
}
