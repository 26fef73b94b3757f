import { documentIdentity } from '../../domain/entities/document-identity.ts';
import type { DocumentState, EntityState } from '../../domain/entities/entity-state.ts';
import { pipelined, type Sql } from '../engine/database.ts';
import { columnList, inBatches, rowsParameter } from '../engine/rows.ts';

const DOCUMENT = {
  id: 'text',
  connection: 'text',
  entity_id: 'text',
  key: 'text',
  line: 'text',
  announced: 'text',
  state: 'text',
  announced_at: 'text',
  next_attempt_at: 'text',
  superseded_by: 'text',
  removed_at: 'text',
  host: 'text',
} as const;

interface TouchedDocument {
  image: Pick<EntityState, 'id' | 'connection'>;
  document: DocumentState;
}

/** Writes the documents that were touched: new or changed ones have to be fetched (again); of the others only whether they are current. */
export async function upsertDocuments(sql: Sql, documents: readonly TouchedDocument[], at: string): Promise<void> {
  const announced = documents.filter(({ document }) => document.toFetch);
  const others = documents.filter(({ document }) => !document.toFetch).map(({ document }) => document);
  await pipelined(sql, [
    async () => void (others.length > 0 && (await markDocuments(sql, others))),
    async () => void (announced.length > 0 && (await insertAnnounced(sql, announced, at))),
  ]);
}

/** Approximate, without the announcement. */
const ROW_BYTES = 500;

async function insertAnnounced(sql: Sql, announced: readonly TouchedDocument[], at: string): Promise<void> {
  const rows = announced.map(({ image, document }) => ({
    id: document.id,
    connection: image.connection,
    entity_id: image.id,
    key: documentIdentity(document.announced),
    line: document.announced.line,
    announced: JSON.stringify(document.announced),
    // Neither an object id nor an address: there is nothing to download.
    state: document.announced.objectId === null && document.announced.url === null ? 'empty' : 'announced',
    announced_at: at,
    next_attempt_at: at,
    superseded_by: document.supersededBy,
    removed_at: document.removedAt,
    host: document.announced.objectId === null ? hostOf(document.announced.url) : null,
  }));
  const portions = inBatches(rows, (row) => ROW_BYTES + row.announced.length);
  await pipelined(
    sql,
    portions.map((portion) => () => insertPortion(sql, portion)),
  );
}

function insertPortion(sql: Sql, rows: readonly object[]): Promise<unknown[]> {
  return sql.all(
    `insert into documents (${columnList(DOCUMENT)}) select ${columnList(DOCUMENT, 'rows.')} from ${sql.dialect.rowsOf(DOCUMENT)} where true
     on conflict (id) do update set key = excluded.key, line = excluded.line, announced = excluded.announced, state = excluded.state, tries = 0,
       error = null, next_attempt_at = excluded.next_attempt_at, superseded_by = excluded.superseded_by, removed_at = excluded.removed_at,
       host = excluded.host`,
    [rowsParameter(rows)],
  );
}

function markDocuments(sql: Sql, documents: readonly DocumentState[]): Promise<unknown[]> {
  const rows = documents.map(({ id, supersededBy, removedAt }) => ({ id, superseded_by: supersededBy, removed_at: removedAt }));
  return sql.all(
    `update documents set superseded_by = rows.superseded_by, removed_at = rows.removed_at
     from ${sql.dialect.rowsOf({ id: 'text', superseded_by: 'text', removed_at: 'text' })} where documents.id = rows.id`,
    [rowsParameter(rows)],
  );
}

const hostOf = (url: string | null): string => (url !== null && URL.canParse(url) ? new URL(url).host : '');
