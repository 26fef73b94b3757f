import { createTurn } from '../../domain/turn.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { CONTENT_COLUMNS, readContents, unpackSmall } from './contents.ts';

const BODIES_PER_STEP = 50;

/** The range of deliveries that is searched: from the newest before `before` (null: of all) down to position `floor`. */
export interface TextSpan {
  before: number | null;
  floor: number;
  limit: number;
}

/**
 * The positions of deliveries whose body contains the text, byte for byte, newest first. Bodies are packed: the database selects those that match
 * the other conditions, and they are searched here.
 */
export async function findWithText(
  sql: Sql,
  condition: { text: string; bindings: readonly SqlValue[] },
  text: string,
  { before, floor, limit }: TextSpan,
): Promise<number[]> {
  const wanted = Buffer.from(text);
  const found: number[] = [];
  const turn = createTurn();
  const statement = `select deliveries.seq as seq, ${CONTENT_COLUMNS}
    from deliveries join delivery_contents c on c.seq = deliveries.seq
    where ${condition.text} and deliveries.seq >= ? and deliveries.seq < ? order by deliveries.seq desc limit ${BODIES_PER_STEP}`;
  for (let end = before ?? Number.MAX_SAFE_INTEGER; ; ) {
    const rows = await sql.all<{ seq: number | string; packed: Buffer | null }>(statement, [...condition.bindings, floor, end]);
    for (const { seq, packed } of rows) {
      const contents = packed === null ? await readContents(sql, numberOf(seq)) : unpackSmall(packed);
      if (contents?.body.includes(wanted)) found.push(numberOf(seq));
      if (found.length === limit) return found;
      await turn.pauseIfLong();
    }
    const last = rows.at(-1);
    if (!last || rows.length < BODIES_PER_STEP) return found;
    end = numberOf(last.seq);
  }
}
