import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { type Condition, isOneOf, where } from '../engine/where.ts';
import { type ChangeState, toChangeState } from './change-state.ts';

/** The state that each change of an entity up to a position or time produced, oldest first. */
export async function readStateHistory(
  sql: Sql,
  entityId: string,
  upTo: { position: string } | { time: string },
): Promise<{ version: number; at: string; state: ChangeState }[]> {
  const bound: Condition = 'time' in upTo ? ['at <= ?', upTo.time] : ['seq <= ?', upTo.position];
  const condition = where(['entity_id = ?', entityId], bound);
  const statement = `select version, at, state, diff from changes where ${condition.text} order by version`;
  const rows = await sql.all<{ version: number; at: string; state: string; diff: string }>(statement, condition.bindings);
  return rows.map((row) => ({ version: numberOf(row.version), at: row.at, state: toChangeState(row) }));
}

/** The states that these entries produced, by position. */
export async function readStatesOf(sql: Sql, positions: readonly string[]): Promise<Map<string, ChangeState>> {
  const condition = where(isOneOf('seq', positions));
  const rows = await sql.all<{ seq: number | string; state: string; diff: string }>(
    `select seq, state, diff from changes where ${condition.text}`,
    condition.bindings,
  );
  return new Map(rows.map((row) => [String(row.seq), toChangeState(row)]));
}

/** The header of an entity after its last change before `version`; null if that change has been deleted. */
export async function readHeaderBefore(sql: Sql, entityId: string, version: number): Promise<ChangeState['header']> {
  // The state of a change that affects only lines begins with this.
  const statement = `select state, diff from changes where entity_id = ? and version < ? and substr(state, 1, 14) <> '{"header":null' order by version desc limit 1`;
  const [row] = await sql.all<{ state: string; diff: string }>(statement, [entityId, version]);
  return row ? toChangeState(row).header : null;
}
