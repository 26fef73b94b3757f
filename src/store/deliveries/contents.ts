import { pack, unpack, unpackNow } from '../../domain/values/packed-bytes.ts';
import type { Sql } from '../engine/database.ts';
import { toHeaders } from './row.ts';

// A row of `delivery_contents` has headers and body in one packed value: the headers as one line of JSON, then the bytes as received. `body_bytes`
// is the length of the body.

/** The contents of a delivery. */
export interface DeliveryContents {
  headers: Record<string, string>;
  body: Buffer;
}

/** A delivery with a body larger than this is processed alone, to limit memory. */
export const LARGE_BODY_BYTES = 131_072;

/** Columns of `delivery_contents c`: `packed` is null for a large body, which is read when it is processed (`readContents`). */
export const CONTENT_COLUMNS = `c.body_bytes, case when c.body_bytes <= ${LARGE_BODY_BYTES} then c.packed end as packed`;

const LINE_END = 10;

/** `headers`: JSON text of one line. */
export const packContents = (headers: string, body: Buffer): Promise<Buffer> => pack(Buffer.concat([Buffer.from(`${headers}\n`), body]));

export const unpackContents = async (packed: Buffer): Promise<DeliveryContents> => toContents(await unpack(packed));

/** The same, synchronously: for a body of at most `LARGE_BODY_BYTES`. */
export const unpackSmall = (packed: Buffer): DeliveryContents => toContents(unpackNow(packed));

function toContents(bytes: Buffer): DeliveryContents {
  const end = bytes.indexOf(LINE_END);
  return { headers: toHeaders(bytes.toString('utf8', 0, end)), body: bytes.subarray(end + 1) };
}

/** The contents of the delivery at this position; null once retention has deleted them. */
export async function readContents(sql: Sql, seq: number): Promise<DeliveryContents | null> {
  const [row] = await sql.all<{ packed: Buffer }>('select packed from delivery_contents where seq = ?', [seq]);
  return row ? unpackContents(row.packed) : null;
}

/** The response of the fetch for this delivery; null: none was recorded. */
export async function readRecorded(sql: Sql, seq: number): Promise<string | null> {
  const [row] = await sql.all<{ recorded: Buffer | null }>('select recorded from delivery_contents where seq = ?', [seq]);
  return toRecorded(row?.recorded ?? null);
}

export const toRecorded = async (packed: Buffer | null): Promise<string | null> =>
  packed === null ? null : (await unpack(packed)).toString();
