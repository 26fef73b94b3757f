import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { inScope, where } from '../engine/where.ts';

/** A replay and the current states of its deliveries. */
export interface ReplayRow {
  id: string;
  by: string;
  at: string;
  number: number;
  /** How many are in which state now. */
  states: Readonly<Record<string, number>>;
}

export async function readReplay(sql: Sql, id: string): Promise<ReplayRow | null> {
  const [replay] = await sql.all<{ by: string; at: string }>('select started_by as "by", at from replays where id = ?', [id]);
  if (!replay) return null;
  const condition = where(['r.replay_id = ?', id], inScope(sql, 'd.connection'));
  const rows = await sql.all<{ state: string; count: number | string }>(
    `select d.state, count(*) as count from replayed_deliveries r join deliveries d on d.seq = r.delivery_seq where ${condition.text} group by d.state`,
    condition.bindings,
  );
  const states = Object.fromEntries(rows.map(({ state, count }) => [state, numberOf(count)]));
  return { id, ...replay, number: Object.values(states).reduce((sum, count) => sum + count, 0), states };
}
