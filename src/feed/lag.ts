import type { Sql } from '../store/engine/database.ts';
import type { ConsumerRow } from '../store/feed/list-consumers.ts';
import { countAfter, readFirstAfter } from '../store/feed/read-changes.ts';

/** The entries that match a consumer's filter and are not acknowledged: their number, and the age of the oldest. Both are 0 when it is up to date. */
export interface Lag {
  entries: number;
  seconds: number;
}

const NONE: Lag = { entries: 0, seconds: 0 };

/** Counting stops here: the exact number does not help a consumer that is a million entries behind. */
const MOST_COUNTED = 1_000_000;

export async function readLag(sql: Sql, consumer: Pick<ConsumerRow, 'filter' | 'position'>, now: Date): Promise<Lag> {
  const first = await readFirstAfter(sql, consumer.filter, consumer.position);
  if (first === null) return NONE;
  const entries = await countAfter(sql, consumer.filter, consumer.position, MOST_COUNTED);
  return { entries, seconds: Math.max(0, Math.floor((now.getTime() - Date.parse(first.at)) / 1000)) };
}
