import type { EntityKind } from '../../domain/entities/entity.ts';
import { feedCursor } from '../../domain/entities/feed-cursor.ts';
import { type JsonObject, objectAt } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';
import { type RunProgress, readProgress } from './runs.ts';

/** One comparison with a platform's API. `progress` is per stream. */
export interface RunRow {
  seq: number;
  id: string;
  connection: string;
  trigger: string;
  state: string;
  startedAt: string;
  finishedAt: string | null;
  error: string | null;
  progress: RunProgress;
  counts: { seen: number; unchanged: number; applied: number; gaps: number; failed: number };
}

export interface GapRow {
  kind: EntityKind;
  externalId: string;
  cause: string;
  details: JsonObject;
  cursor: string | null;
  platformAt: string | null;
  at: string;
}

interface Row {
  seq: number | string;
  id: string;
  connection: string;
  trigger: string;
  state: string;
  started_at: string;
  finished_at: string | null;
  error: string | null;
  progress: string;
  seen: number;
  unchanged: number;
  applied: number;
  gaps: number;
  failed: number;
}

// `trigger` is a keyword of SQL, so it is quoted.
const COLUMNS = 'seq, id, connection, "trigger", state, started_at, finished_at, error, progress, seen, unchanged, applied, gaps, failed';

const fromRow = (row: Row): RunRow => ({
  seq: numberOf(row.seq),
  id: row.id,
  connection: row.connection,
  trigger: row.trigger,
  state: row.state,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  error: row.error,
  progress: readProgress(JSON.parse(row.progress)),
  counts: {
    seen: numberOf(row.seen),
    unchanged: numberOf(row.unchanged),
    applied: numberOf(row.applied),
    gaps: numberOf(row.gaps),
    failed: numberOf(row.failed),
  },
});

/** Runs before position `before` (null: from the newest), newest first. */
export async function listRuns(
  sql: Sql,
  filter: { connection: string | null; state: string | null },
  page: { before: number | null; limit: number },
): Promise<RunRow[]> {
  const condition = where(
    inScope(sql, 'connection'),
    equals('connection', filter.connection),
    equals('state', filter.state),
    page.before === null ? null : ['seq < ?', page.before],
  );
  const statement = `select ${COLUMNS} from reconcile_runs where ${condition.text} order by seq desc limit ?`;
  return (await sql.all<Row>(statement, [...condition.bindings, page.limit])).map(fromRow);
}

export async function readRun(sql: Sql, id: string): Promise<RunRow | null> {
  const condition = where(['id = ?', id], inScope(sql, 'connection'));
  const [row] = await sql.all<Row>(`select ${COLUMNS} from reconcile_runs where ${condition.text}`, condition.bindings);
  return row ? fromRow(row) : null;
}

interface GapTableRow {
  kind: EntityKind;
  external_id: string;
  cause: string;
  details: string;
  change_seq: number | string | null;
  change_id: string | null;
  platform_at: string | null;
  at: string;
}

/** The gaps that a run found, in the order it found them. */
export async function readGaps(sql: Sql, runId: string): Promise<GapRow[]> {
  const statement = `select g.kind, g.external_id, g.cause, g.details, g.change_seq, c.change_id, g.platform_at, g.at
    from gaps g left join changes c on c.seq = g.change_seq where g.run_id = ? order by g.seq`;
  return (await sql.all<GapTableRow>(statement, [runId])).map((row) => ({
    kind: row.kind,
    externalId: row.external_id,
    cause: row.cause,
    details: objectAt(JSON.parse(row.details)),
    cursor: row.change_seq === null ? null : feedCursor(row.change_seq, row.change_id ?? ''),
    platformAt: row.platform_at,
    at: row.at,
  }));
}
