import type { EntityKind } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';
import { type DocumentColumns, toAnnounced } from './row.ts';

/** A document that was announced, but whose content is not stored. */
export interface MissingDocument {
  id: string;
  connection: string;
  entityId: string;
  kind: EntityKind;
  externalId: string;
  name: string;
  state: string;
  tries: number;
  error: string | null;
  announcedAt: string;
  nextAttemptAt: string;
}

type Row = Pick<
  DocumentColumns,
  'id' | 'connection' | 'entity_id' | 'announced' | 'state' | 'tries' | 'error' | 'announced_at' | 'next_attempt_at'
> & { kind: EntityKind; external_id: string };

/** Documents that are announced but not stored, oldest announcement first. `connection` null: of all connections. */
export async function listMissingDocuments(sql: Sql, filter: { connection: string | null; limit: number }): Promise<MissingDocument[]> {
  const wanted = where(equals('d.connection', filter.connection), inScope(sql, 'd.connection'));
  const rows = await sql.all<Row>(
    `select d.id, d.connection, d.entity_id, e.kind, e.external_id, d.announced, d.state, d.tries, d.error, d.announced_at, d.next_attempt_at
     from documents d join entities e on e.id = d.entity_id
     where d.state not in ('stored', 'empty') and d.superseded_by is null and d.removed_at is null and ${wanted.text} order by d.announced_at, d.id limit ?`,
    [...wanted.bindings, filter.limit],
  );
  return rows.map((row) => ({
    id: row.id,
    connection: row.connection,
    entityId: row.entity_id,
    kind: row.kind,
    externalId: row.external_id,
    name: toAnnounced(row.announced).name,
    state: row.state,
    tries: numberOf(row.tries),
    error: row.error,
    announcedAt: row.announced_at,
    nextAttemptAt: row.next_attempt_at,
  }));
}
