import type { Knex } from 'knex';
import { packBytes } from './pack-bytes.ts';

/** Bodies larger than this are moved one by one, to limit memory. */
const LARGE_BODY_BYTES = 131_072;
const ROWS_PER_STEP = 100;

/** Headers (one line of JSON) and body of a delivery become one packed value, a seventh of their size; so does the recorded response. */
export async function up(trx: Knex.Transaction): Promise<void> {
  const postgres = trx.client.config.client === 'pg';
  await trx.raw('alter table delivery_contents rename to unpacked_contents');
  if (postgres) await trx.raw('alter index delivery_contents_pkey rename to unpacked_contents_pkey');
  await trx.raw(
    postgres
      ? 'create table delivery_contents (seq bigint primary key, packed bytea not null, body_bytes integer not null, recorded bytea)'
      : 'create table delivery_contents (seq integer primary key, packed blob not null, body_bytes integer not null, recorded blob)',
  );
  // They are packed already.
  if (postgres)
    for (const column of ['packed', 'recorded']) await trx.raw(`alter table delivery_contents alter ${column} set storage external`);
  await packContents(trx);
  await trx.schema.dropTable('unpacked_contents');
}

interface Unpacked {
  seq: number | string;
  headers: string;
  body: Buffer;
  recorded: string | null;
}

async function packContents(trx: Knex.Transaction): Promise<void> {
  for (let after = 0; ; ) {
    const sizes = await trx('unpacked_contents')
      .select<{ seq: number | string; bytes: number }[]>('seq', trx.raw('length(body) + coalesce(length(recorded), 0) as bytes'))
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(ROWS_PER_STEP);
    const last = sizes.at(-1);
    if (!last) return;
    const small = sizes.filter(({ bytes }) => bytes <= LARGE_BODY_BYTES).map(({ seq }) => seq);
    const large = sizes.filter(({ bytes }) => bytes > LARGE_BODY_BYTES).map(({ seq }) => [seq]);
    for (const seqs of [small, ...large]) await packThese(trx, seqs);
    after = Number(last.seq);
  }
}

async function packThese(trx: Knex.Transaction, seqs: readonly (number | string)[]): Promise<void> {
  if (seqs.length === 0) return;
  const rows: Unpacked[] = await trx('unpacked_contents').select('seq', 'headers', 'body', 'recorded').whereIn('seq', seqs);
  const packed = await Promise.all(
    rows.map(async ({ seq, headers, body, recorded }) => ({
      seq,
      packed: await packBytes(Buffer.concat([Buffer.from(`${headers}\n`), body])),
      body_bytes: body.length,
      recorded: recorded === null ? null : await packBytes(Buffer.from(recorded)),
    })),
  );
  await trx.batchInsert('delivery_contents', packed, 50);
}
