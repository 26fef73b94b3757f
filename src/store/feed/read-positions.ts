import { FEED_BEGINNING, type FeedPosition, feedCursor } from '../../domain/entities/feed-cursor.ts';
import type { Sql } from '../engine/database.ts';

/** The beginning and end of the feed. */
export interface FeedEnds {
  /** The position before the first existing entry. */
  oldest: FeedPosition;
  /** The newest entry; `oldest` if there is none. */
  latest: FeedPosition;
}

const STATEMENT = `select 'oldest' as what, seq, change_id from feed_floor
  union all select 'latest', seq, change_id from (select seq, change_id from changes order by seq desc limit 1) as newest
  union all select 'asked', seq, change_id from changes where seq = ?`;

/** The ends of the feed, and the entry at `position`; null if there is none. */
export async function readPositions(sql: Sql, position: string): Promise<FeedEnds & { requested: FeedPosition | null }> {
  const rows = await sql.all<{ what: string; seq: number | string; change_id: string }>(STATEMENT, [position]);
  const find = (what: string): FeedPosition | null => {
    const row = rows.find((one) => one.what === what);
    return row ? { position: String(row.seq), cursor: feedCursor(row.seq, row.change_id) } : null;
  };
  const oldest = find('oldest') ?? FEED_BEGINNING;
  return { oldest, latest: find('latest') ?? oldest, requested: find('asked') };
}

/** The entry before a position; null: it is the first. */
export async function readBefore(sql: Sql, position: string): Promise<FeedPosition | null> {
  const statement = 'select seq, change_id from changes where seq < ? order by seq desc limit 1';
  const [row] = await sql.all<{ seq: number | string; change_id: string }>(statement, [position]);
  return row ? { position: String(row.seq), cursor: feedCursor(row.seq, row.change_id) } : null;
}
