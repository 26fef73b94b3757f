import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { type Condition, isOneOf, where } from '../engine/where.ts';
import { type ChangeState, type StateColumns, toChangeState } from './change-state.ts';
import { fullDiff } from './short-diff.ts';

type StateRow = StateColumns & { external_id: string };

const COLUMNS = 'external_id, state, diff, platform_at';

const stateOf = (row: StateRow): ChangeState => toChangeState({ ...row, diff: fullDiff(row.diff, row.external_id) });

/** The state that each change of an entity up to a position or time produced, oldest first. */
export async function readStateHistory(
  sql: Sql,
  entityId: string,
  upTo: { position: string } | { time: string },
): Promise<{ version: number; at: string; state: ChangeState }[]> {
  const bound: Condition = 'time' in upTo ? ['at <= ?', upTo.time] : ['seq <= ?', upTo.position];
  const condition = where(['entity_id = ?', entityId], bound);
  const statement = `select version, at, ${COLUMNS} from changes where ${condition.text} order by version`;
  const rows = await sql.all<StateRow & { version: number; at: string }>(statement, condition.bindings);
  return rows.map((row) => ({ version: numberOf(row.version), at: row.at, state: stateOf(row) }));
}

/** The states that these entries produced, by position. */
export async function readStatesOf(sql: Sql, positions: readonly string[]): Promise<Map<string, ChangeState>> {
  const condition = where(isOneOf('seq', positions));
  const rows = await sql.all<StateRow & { seq: number | string }>(
    `select seq, ${COLUMNS} from changes where ${condition.text}`,
    condition.bindings,
  );
  return new Map(rows.map((row) => [String(row.seq), stateOf(row)]));
}

/** The header of an entity after its last change before `version`; null if that change has been deleted. */
export async function readHeaderBefore(sql: Sql, entityId: string, version: number): Promise<ChangeState['header']> {
  // The state of a change that affects only lines begins with this.
  const statement = `select ${COLUMNS} from changes where entity_id = ? and version < ? and substr(state, 1, 14) <> '{"header":null' order by version desc limit 1`;
  const [row] = await sql.all<StateRow>(statement, [entityId, version]);
  return row ? stateOf(row).header : null;
}
