import type { Sql } from '../engine/database.ts';
import { equals, inScope, where } from '../engine/where.ts';
import { type AlertRow, alertFromRow, type StoredAlert } from './alerts.ts';

export type { AlertRow } from './alerts.ts';

export type AlertState = 'open' | 'resolved' | 'all';

export interface AlertFilter {
  state: AlertState;
  code?: string | null;
  connection?: string | null;
}

const COLUMNS = `key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until`;

/** Open alerts first, then resolved ones, each newest first; `skip` of them are left out. */
export async function listAlerts(sql: Sql, filter: AlertFilter, page: { skip?: number; limit: number }): Promise<AlertRow[]> {
  const condition = where(equals('code', filter.code ?? null), equals('connection', filter.connection ?? null), inScope(sql, 'connection'));
  const open = `select ${COLUMNS} from alerts where closed_at is null and ${condition.text}`;
  const resolved = `select ${COLUMNS} from resolved_alerts where ${condition.text}`;
  const parts = [...(filter.state === 'resolved' ? [] : [open]), ...(filter.state === 'open' ? [] : [resolved])];
  const rows = await sql.all<StoredAlert>(
    `select * from (${parts.join(' union all ')}) as listed
     order by case when closed_at is null then 0 else 1 end, coalesce(closed_at, opened_at) desc, key limit ? offset ?`,
    [...parts.flatMap(() => condition.bindings), page.limit, page.skip ?? 0],
  );
  return rows.map(alertFromRow);
}
