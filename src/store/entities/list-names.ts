import { ENTITY_KINDS } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { rowsParameter } from '../engine/rows.ts';
import { inScope, isOneOf, where } from '../engine/where.ts';

/** An entity by its external names. */
export interface OutsideName {
  connection: string;
  kind: string;
  externalId: string;
}

/** The name that people use for an entity: its number, if it has one. */
export interface KnownName extends OutsideName {
  id: string;
  number: string | null;
}

const COLUMNS = `e.id, e.connection, e.kind, e.external_id as "externalId", e.number`;
const NAME = { connection: 'text', kind: 'text', externalId: 'text' } as const;

/** Those of the entities that are stored. */
export async function readNames(sql: Sql, names: readonly OutsideName[]): Promise<KnownName[]> {
  if (names.length === 0) return [];
  const rows = rowsParameter(names.map(({ connection, kind, externalId }) => ({ connection, kind, externalId })));
  // `cross join` keeps SQLite's planner from scanning the entities for each name.
  const seen = where(inScope(sql, 'e.connection'));
  return sql.all(
    `select distinct ${COLUMNS} from ${sql.dialect.rowsOf(NAME)} cross join entities e
     where e.connection = rows.connection and e.kind = rows.kind and e.external_id = rows."externalId" and ${seen.text}`,
    [rows, ...seen.bindings],
  );
}

/** The names of entities, by id. */
export async function readNamesOf(sql: Sql, ids: readonly string[]): Promise<Map<string, KnownName>> {
  if (ids.length === 0) return new Map();
  const condition = where(isOneOf('e.id', [...new Set(ids)]), inScope(sql, 'e.connection'));
  const rows = await sql.all<KnownName>(`select ${COLUMNS} from entities e where ${condition.text}`, condition.bindings);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Entities with this number, as given or in upper case; most recently changed first. */
export async function readNumbered(sql: Sql, number: string, limit: number): Promise<KnownName[]> {
  const condition = where(
    isOneOf('e.kind', ENTITY_KINDS),
    isOneOf('e.number', [number, number.toUpperCase()]),
    inScope(sql, 'e.connection'),
  );
  return sql.all(`select ${COLUMNS} from entities e where ${condition.text} order by e.updated_at desc limit ?`, [
    ...condition.bindings,
    limit,
  ]);
}
