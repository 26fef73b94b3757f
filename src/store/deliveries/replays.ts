import type { Sql } from '../engine/database.ts';
import { rowsParameter } from '../engine/rows.ts';

export async function insertReplay(sql: Sql, replay: { id: string; by: string; at: string }): Promise<void> {
  await sql.all('insert into replays (id, started_by, at) values (?, ?, ?)', [replay.id, replay.by, replay.at]);
}

/** Records the positions of deliveries that a replay has requeued. */
export async function addReplayed(sql: Sql, replayId: string, positions: readonly number[], at: string): Promise<void> {
  await sql.all(
    `insert into replayed_deliveries (replay_id, delivery_seq, at) select ?, rows.seq, ? from ${sql.dialect.rowsOf({ seq: 'integer' })} where true`,
    [replayId, at, rowsParameter(positions.map((seq) => ({ seq })))],
  );
}
