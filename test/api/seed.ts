import type { LineState } from '../../src/domain/entities/entity-state.ts';
import { packContents } from '../../src/store/deliveries/contents.ts';
import type { Database, Sql } from '../../src/store/engine/database.ts';
import { headerValues } from '../../src/store/entities/content-values.ts';
import { lineValues, packSources, unpackSources } from '../../src/store/entities/line-values.ts';
import type { EntityColumns } from '../../src/store/entities/row.ts';

type Row = Record<string, string | number | boolean | null | Buffer>;

/**
 * Writes rows unchanged; the columns are those of the first row. Entities and lines are given with named values, as the first release stored them.
 */
export async function insertRows(db: Database, table: string, given: readonly Row[]): Promise<void> {
  if (table === 'lines') return insertLines(db, given);
  const rows = table === 'entities' ? await Promise.all(given.map(storedEntity)) : given;
  const [first] = rows;
  if (!first) return;
  // The contents of a delivery are in a separate table.
  const names = Object.keys(first).filter((name) => table !== 'deliveries' || !['headers', 'body', 'recorded'].includes(name));
  const columns = names.map((name) => `"${name}"`).join(', ');
  const values = names.map(() => '?').join(', ');
  await db.write(async (sql) => {
    for (const row of rows)
      await sql.all(
        `insert into ${table} (${columns}) values (${values})`,
        names.map((name) => row[name] ?? null),
      );
    if (table === 'deliveries') for (const row of rows) await insertContent(sql, row);
  });
}

async function insertContent(sql: Sql, { id, headers, body }: Row): Promise<void> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(1);
  const packed = await packContents(String(headers ?? '{}'), bytes);
  await sql.all('insert into delivery_contents (seq, packed, body_bytes) select seq, ?, ? from deliveries where id = ?', [
    packed,
    bytes.length,
    id ?? null,
  ]);
}

async function storedEntity({ source, ...row }: Row): Promise<Row> {
  const sources = await packSources({ own: source === null ? null : String(source), lines: [] });
  return {
    ...row,
    header: JSON.stringify(headerValues(JSON.parse(String(row.header)))),
    sources: sources?.packed ?? null,
    source_bytes: sources?.bytes ?? 0,
  };
}

async function insertLines(db: Database, rows: readonly Row[]): Promise<void> {
  await db.write(async (sql) => {
    for (const [id, own] of Map.groupBy(rows, (row) => String(row.entity_id))) {
      const [entity] = await sql.all<EntityColumns>('select * from entities where id = ?', [id]);
      if (!entity) throw new Error(`There is no entity ${id}.`);
      const lines = own.map(lineState).sort((a, b) => a.rank - b.rank);
      const sources = await packSources({ own: (await unpackSources(entity.sources)).own, lines: lines.map(({ source }) => source) });
      await sql.all('update entities set lines = ?, line_count = ?, sources = ?, source_bytes = ? where id = ?', [
        JSON.stringify(lineValues(entity, lines)),
        lines.length,
        sources?.packed ?? null,
        sources?.bytes ?? 0,
        id,
      ]);
    }
  });
}

const textOf = (value: Row[string] | undefined): string | null => (value == null ? null : String(value));

const lineState = (row: Row): LineState => ({
  externalId: String(row.external_id),
  rank: Number(row.rank),
  content: JSON.parse(String(row.content)),
  source: String(row.source),
  sourceForm: null,
  lastUpdatedAt: textOf(row.last_updated_at),
  comparedAt: null,
  version: Number(row.version),
  removedAt: textOf(row.removed_at),
});

export const header = (changed: Row = {}) =>
  JSON.stringify({
    number: 'PO1',
    status: 'Issued',
    currency: 'EUR',
    buyer: { id: 'b1', name: 'Acme' },
    supplier: null,
    total: null,
    orderedAt: null,
    ...changed,
  });

export const content = (position: string | null, quantity: string) => ({
  position,
  item: { number: '77', name: 'Gasket', supplierNumber: null },
  description: null,
  quantity,
  unit: 'PCE',
  status: 'Issued',
  price: { net: '1.10', gross: null, currency: 'EUR', unit: 'PCE', per: '1' },
  deliverySchedule: [{ position: '1', date: '2026-04-01', quantity, status: 'Open' }],
});

export const entity = (id: string, changed: Row = {}): Row => ({
  id,
  connection: 'acme',
  platform: 'tradecloud',
  kind: 'order',
  external_id: `x-${id}`,
  number: 'PO1',
  status: 'Issued',
  header: header(),
  source: null,
  source_lines: null,
  last_updated_at: '2026-02-01T08:00:00.000Z',
  version: 1,
  deleted_at: null,
  created_at: '2026-02-01T08:00:01.000Z',
  updated_at: '2026-02-01T08:00:01.000Z',
  ...changed,
});

export const line = (entityId: string, externalId: string, rank: number, changed: Row = {}): Row => ({
  entity_id: entityId,
  external_id: externalId,
  rank,
  content: JSON.stringify(content(`000${rank + 1}`, '10')),
  source: `{"position":"000${rank + 1}","amount":10.50}`,
  last_updated_at: '2026-02-01T08:00:00.000Z',
  version: 1,
  removed_at: null,
  ...changed,
});

export const change = (entityId: string, version: number, changed: Row = {}): Row => ({
  change_id: '',
  at: `2026-02-01T08:00:0${Math.min(version, 9)}.000Z`,
  connection: 'acme',
  kind: 'order',
  action: version === 1 ? 'created' : 'updated',
  entity_id: entityId,
  external_id: `x-${entityId}`,
  version,
  lines: '["0001"]',
  diff: '[{"path":"/lines/0001/quantity","before":"10","after":"8"}]',
  state: '{"header":null,"lastUpdatedAt":null,"deletedAt":null,"lines":{}}',
  cause_type: 'delivery',
  cause_id: 'd1',
  event_type: 'OrderIssued',
  ...changed,
});

export const delivery = (id: string, changed: Row = {}): Row => ({
  id,
  connection: 'acme',
  platform: 'tradecloud',
  dedupe_key: id,
  state: 'done',
  method: 'POST',
  path: '/orders',
  event_type: 'OrderIssued',
  event_id: id,
  subject: 'order:x-o1',
  notification: false,
  mergeable: false,
  received_at: '2026-02-01T08:00:00.000Z',
  finished_at: '2026-02-01T08:00:01.000Z',
  next_attempt_at: '2026-02-01T08:00:00.000Z',
  headers: '{"authorization":"[redacted]"}',
  content_type: 'application/json',
  body: Buffer.from('{"a":1}'),
  body_sha256: '00',
  conflict: false,
  attempts: '[{"at":"2026-02-01T08:00:00.500Z","outcome":"done","error":null,"tookMs":41}]',
  error: null,
  ...changed,
});

export const document = (id: string, entityId: string, changed: Row = {}): Row => ({
  id,
  connection: 'acme',
  entity_id: entityId,
  key: id,
  line: null,
  announced: JSON.stringify({
    key: id,
    name: 'drawing.pdf',
    objectId: 'obj',
    url: null,
    code: 'C',
    revision: null,
    type: 'General',
    description: null,
    line: null,
    lastUpdatedAt: null,
  }),
  state: 'announced',
  content_type: null,
  sha256: null,
  announced_at: '2026-02-01T08:00:01.000Z',
  next_attempt_at: '2026-02-01T08:00:01.000Z',
  ...changed,
});
