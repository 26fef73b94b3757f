import { FEED_BEGINNING, FeedDiverged, type FeedPosition, parseFeedCursor, type SentCursor } from '../domain/entities/feed-cursor.ts';
import { Refused } from '../domain/errors.ts';
import type { Sql } from '../store/engine/database.ts';
import { type FeedEnds, readPositions } from '../store/feed/read-positions.ts';

/** Parses a cursor. Rejects anything else (400 `invalid_cursor`). */
export function readFeedCursor(text: string): SentCursor {
  const sent = parseFeedCursor(text);
  if (sent === null) throw new Refused(400, 'invalid_cursor', `Invalid cursor for the feed: ${text.slice(0, 60)}`);
  return sent;
}

const isAt = (place: FeedPosition | null, sent: SentCursor): boolean =>
  place !== null && place.position === sent.position && (sent.check === null || place.cursor === `${sent.position}-${sent.check}`);

/** The position that a cursor names, with both ends of the feed. Rejects one that the feed does not have (410 `feed_diverged`). */
export async function locate(sql: Sql, sent: SentCursor): Promise<FeedEnds & { at: FeedPosition }> {
  const { oldest, latest, requested } = await readPositions(sql, sent.position);
  if (sent.position === FEED_BEGINNING.position) return { oldest, latest, at: FEED_BEGINNING };
  const at = [requested, oldest].find((place) => isAt(place, sent));
  if (!at) throw new FeedDiverged({ oldest, latest });
  return { oldest, latest, at };
}

/** The position to continue from: null is the beginning, `latest` the current end of the feed, anything else a cursor. */
export const findPosition = async (sql: Sql, text: string | null): Promise<FeedPosition> =>
  text === null ? FEED_BEGINNING : (await findSpan(sql, text)).after;

/** The same position, and the end of the feed at that time. */
export async function findSpan(sql: Sql, text: string | null): Promise<{ after: FeedPosition; latest: FeedPosition }> {
  if (text !== null && text !== 'latest') {
    const { at, latest } = await locate(sql, readFeedCursor(text));
    return { after: at, latest };
  }
  const { latest } = await readPositions(sql, FEED_BEGINNING.position);
  return { after: text === null ? FEED_BEGINNING : latest, latest };
}

/** Both ends of the feed; throws 410 if the feed no longer has this position, since a backup may be restored under a reader. */
export async function confirm(sql: Sql, at: FeedPosition): Promise<FeedEnds> {
  return locate(sql, readFeedCursor(at.cursor));
}
