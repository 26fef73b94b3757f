import type { EntityKind, Subject } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, isOneOf, where } from '../engine/where.ts';

/**
 * Entities of these kinds that are not deleted and were not changed since `before`, after position `after`, in the order of their first appearance.
 */
export async function readKnown(
  sql: Sql,
  query: { connection: string; kinds: readonly EntityKind[]; before: string; after: number; limit: number },
): Promise<(Subject & { seq: number })[]> {
  const { text, bindings } = where(
    equals('connection', query.connection),
    isOneOf('kind', query.kinds),
    ['updated_at < ?', query.before],
    ['deleted_at is null'],
    ['seq > ?', query.after],
  );
  const rows = await sql.all<{ seq: number | string; kind: EntityKind; external_id: string }>(
    `select seq, kind, external_id from entities where ${text} order by seq limit ?`,
    [...bindings, query.limit],
  );
  return rows.map((row) => ({ seq: numberOf(row.seq), kind: row.kind, externalId: row.external_id }));
}
