import type { Cause, ChangeAction, Difference } from '../../domain/entities/change.ts';
import type { EntityKind } from '../../domain/entities/entity.ts';
import { createTurn, type Turn } from '../../domain/turn.ts';
import { pipelined, type Sql } from '../engine/database.ts';
import { columnList, LARGE_VALUE_BYTES, numberOf, rowsParameter, storableText } from '../engine/rows.ts';
import { type ChangeState, stateText } from './change-state.ts';
import { shortDiff } from './short-diff.ts';

export interface NewChange {
  /** Never reused, even after a backup is restored. */
  changeId: string;
  at: string;
  connection: string;
  kind: EntityKind;
  action: ChangeAction;
  entityId: string;
  externalId: string;
  version: number;
  lines: readonly string[];
  diff: readonly Difference[];
  state: ChangeState;
  cause: Cause;
  platformAt: string | null;
  receivedAt: string | null;
}

const isLarge = ({ diff, state }: { diff: string; state: string }): boolean => diff.length + state.length > LARGE_VALUE_BYTES;

const CHANGE = {
  change_id: 'text',
  at: 'text',
  connection: 'text',
  kind: 'text',
  action: 'text',
  entity_id: 'text',
  external_id: 'text',
  version: 'integer',
  lines: 'text',
  diff: 'text',
  diff_bytes: 'integer',
  state: 'text',
  cause_type: 'text',
  cause_id: 'text',
  event_type: 'text',
  platform_at: 'text',
  received_at: 'text',
} as const;

async function newRow(change: NewChange, turn: Turn) {
  await turn.pauseIfLong();
  const diff = JSON.stringify(change.diff);
  await turn.pauseIfLong();
  const short = shortDiff(diff, change.externalId);
  await turn.pauseIfLong();
  const state = await stateText(change.state, change.diff, change.platformAt, turn);
  return {
    change_id: change.changeId,
    at: change.at,
    connection: change.connection,
    kind: change.kind,
    action: change.action,
    entity_id: change.entityId,
    external_id: change.externalId,
    version: change.version,
    lines: JSON.stringify(change.lines),
    diff: short,
    diff_bytes: Buffer.byteLength(diff),
    state,
    cause_type: change.cause.type,
    cause_id: change.cause.id,
    event_type: change.cause.eventType,
    platform_at: change.platformAt,
    received_at: change.receivedAt,
  };
}

type PackedChange = Awaited<ReturnType<typeof newRow>>;

/**
 * The rows of changes. It takes several turns of the event loop: await it before the transaction's statements are pipelined, since these are sent in
 * the order in which they are ready.
 */
export async function packChanges(changes: readonly NewChange[]): Promise<readonly PackedChange[]> {
  const turn = createTurn();
  const rows: PackedChange[] = [];
  for (const change of changes) rows.push(await newRow(change, turn));
  return rows;
}

/**
 * Appends the rows of `packChanges` to the feed, as the last statement of a transaction. The row of the feed's head is incremented and stays locked
 * until the commit: positions have no gap and become visible in order, so that no entry ever appears before one that has already been read. Returns
 * the positions, in the order of `changes`.
 */
export async function appendChanges(sql: Sql, changes: readonly PackedChange[]): Promise<number[]> {
  if (changes.length === 0) return [];
  const rows = changes.map((change, index) => ({ ordinal: index + 1, ...change }));
  const [head] = await pipelined(sql, [
    () =>
      sql.all<{ position: number | string }>('update feed_head set position = position + ? where id = 1 returning position', [rows.length]),
    () =>
      sql.all(
        `insert into changes (seq, ${columnList(CHANGE)})
         select (select position from feed_head where id = 1) - ${rows.length} + rows.ordinal, ${columnList(CHANGE, 'rows.')}
         from ${sql.dialect.rowsOf({ ordinal: 'integer', ...CHANGE })} where true`,
        [rowsParameter(rows.map((row) => (isLarge(row) ? { ...row, diff: '[]', state: '{}' } : row)))],
      ),
  ]);
  for (const row of rows.filter(isLarge)) {
    const values = [storableText(row.diff), storableText(row.state), row.entity_id, row.version];
    await sql.all('update changes set diff = ?, state = ? where entity_id = ? and version = ?', values);
  }
  const before = numberOf(head?.[0]?.position) - rows.length;
  return rows.map(({ ordinal }) => before + ordinal);
}
