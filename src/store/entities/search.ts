import type { EntityKind, Header } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, isOneOf, likeText, where } from '../engine/where.ts';
import { toHeader } from './content-values.ts';
import type { EntityColumns } from './row.ts';

/** An order, shipment or record as a search finds it. */
export interface FoundEntity {
  id: string;
  connection: string;
  kind: EntityKind;
  externalId: string;
  header: Header;
  version: number;
  deletedAt: string | null;
  updatedAt: string;
}

export interface EntitySearch {
  kinds: readonly EntityKind[];
  connection: string | null;
  status: string | null;
  /** The beginning of a number, or a whole external id. */
  text: string | null;
}

type Row = Pick<
  EntityColumns,
  'id' | 'connection' | 'kind' | 'external_id' | 'number' | 'status' | 'header' | 'version' | 'deleted_at' | 'updated_at'
>;

/** Most recently changed first; `skip` rows are left out. */
export async function searchEntities(sql: Sql, search: EntitySearch, page: { skip: number; limit: number }): Promise<FoundEntity[]> {
  const condition = where(
    isOneOf('kind', search.kinds),
    inScope(sql, 'connection'),
    equals('connection', search.connection),
    equals('status', search.status),
    search.text === null ? null : [`(lower(number) like ? escape '!' or external_id = ?)`, `${likeText(search.text)}%`, search.text],
  );
  const rows = await sql.all<Row>(
    `select id, connection, kind, external_id, number, status, header, version, deleted_at, updated_at from entities where ${condition.text}
     order by updated_at desc, seq desc limit ? offset ?`,
    [...condition.bindings, page.limit, page.skip],
  );
  return rows.map((row) => ({
    id: row.id,
    connection: row.connection,
    kind: row.kind,
    externalId: row.external_id,
    header: toHeader(row),
    version: numberOf(row.version),
    deletedAt: row.deleted_at,
    updatedAt: row.updated_at,
  }));
}
