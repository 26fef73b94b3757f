import { Refused } from '../errors.ts';

/** A position in the feed, directly after an entry. `cursor` is what clients get; `position` is the entry's sequence as decimal text. */
export interface FeedPosition {
  position: string;
  cursor: string;
}

/** Before the first entry, regardless of what retention has deleted. */
export const FEED_BEGINNING: FeedPosition = { position: '0', cursor: '0' };

/** Eight hexadecimal digits of the random end of a UUID: two histories that differ agree in them once in four billion times. */
const CHECK_LENGTH = 8;

/** The cursor of an entry: its sequence and a check of its identity, since after a restore the same sequence may name another entry. */
export const feedCursor = (position: number | string, changeId: string): string =>
  changeId === '' ? String(position) : `${position}-${changeId.slice(-CHECK_LENGTH)}`;

/** A cursor as received. `check` null: issued by version 0.1, which had none. */
export interface SentCursor {
  position: string;
  check: string | null;
}

const CURSOR = /^(?:0|([1-9]\d{0,17})(?:-([0-9a-z]{1,8}))?)$/;

/** Parses a cursor without checking whether the feed has it; null for anything else. */
export function parseFeedCursor(text: string): SentCursor | null {
  const match = CURSOR.exec(text);
  return match && { position: match[1] ?? '0', check: match[2] ?? null };
}

/** The feed does not have this position: restored from a backup, another database, beyond the end, or deleted by retention. */
export class FeedDiverged extends Refused {
  /** `oldest` lies before the first existing entry: reading from there returns all of them. */
  readonly members: Readonly<Record<string, unknown>>;
  constructor(ends: { oldest: FeedPosition; latest: FeedPosition }) {
    super(
      410,
      'feed_diverged',
      'The feed does not have this position. Continue from `oldest`, and skip changes that are already booked by their `changeId`.',
    );
    this.members = { oldest: ends.oldest.cursor, latest: ends.latest.cursor };
  }
}
