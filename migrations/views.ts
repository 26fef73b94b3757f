import type { Knex } from 'knex';
import { OWN_ID, PIECES } from './diff-pieces.ts';

/** The expressions that differ between the engines in a view. */
interface Engine {
  /** Text at a path below a JSON text column: names, and list positions, such as `1.0`. */
  text(column: string, path: string): string;
  /** The decimal at a path: `numeric` if the engine has exact numbers, else its text. */
  decimal(column: string, path: string): string;
  /** A list of lists of values at a path, as JSON text of a list of objects with these members. */
  objects(column: string, path: string, names: readonly string[]): string;
  /** The function that returns the character with a code. */
  character: string;
  /** Clause that expands a column with a JSON list into rows: each is a value `line.value`. */
  unfold(column: string): string;
}

const sqlitePath = (path: string): string =>
  `'$${path
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')}'`;

const sqlite: Engine = {
  character: 'char',
  text: (column, path) => `json_extract(${column}, ${sqlitePath(path)})`,
  decimal: (column, path) => `json_extract(${column}, ${sqlitePath(path)})`,
  objects: (column, path, names) =>
    `(select json_group_array(json_object(${names.map((name, place) => `'${name}', json_extract(part.value, '$[${place}]')`).join(', ')}))
      from json_each(${column}, ${sqlitePath(path)}) as part)`,
  unfold: (column) => `json_each(${column}) as line`,
};

const NUMBER = String.raw`'^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,4})?$'`;
const at = (path: string): string => `'{${path.replaceAll('.', ',')}}'`;

const postgres: Engine = {
  character: 'chr',
  text: (column, path) => `${column}::json #>> ${at(path)}`,
  decimal: (column, path) => {
    const text = `(${column}::json #>> ${at(path)})`;
    // Text that is not a number must not make the whole view fail. knex treats a bare question mark as a binding, so it is escaped.
    return `case when ${text} ~ ${NUMBER.replaceAll('?', String.raw`\?`)} then ${text}::numeric end`;
  },
  objects: (column, path, names) =>
    `(select coalesce(json_agg(json_build_object(${names.map((name, place) => `'${name}', part.value ->> ${place}`).join(', ')})
      order by part.ordinality), '[]')::text from json_array_elements(${column}::json #> ${at(path)}) with ordinality as part)`,
  unfold: (column) => `json_array_elements(${column}::json) as line(value)`,
};

type Member = readonly [column: string, path: string, kind?: 'text' | 'decimal'];

/** The positions of a header's values (src/store/entities/content-values.ts). */
const HEADER: readonly Member[] = [
  ['currency', '0'],
  ['buyer_id', '1.0'],
  ['buyer_name', '1.1'],
  ['supplier_id', '2.0'],
  ['supplier_name', '2.1'],
  ['total', '3', 'decimal'],
  ['ordered_at', '4'],
];

/** The positions of a line's values (src/store/entities/line-values.ts). */
const LINE: readonly Member[] = [
  ['position', '1.0'],
  ['item_number', '1.1.0'],
  ['item_name', '1.1.1'],
  ['item_supplier_number', '1.1.2'],
  ['description', '1.2'],
  ['quantity', '1.3', 'decimal'],
  ['unit', '1.4'],
  ['status', '1.5'],
  ['price_net', '1.6.0', 'decimal'],
  ['price_gross', '1.6.1', 'decimal'],
  ['price_currency', '1.6.2'],
  ['price_unit', '1.6.3'],
  ['price_per', '1.6.4', 'decimal'],
];
const SCHEDULE = ['position', 'date', 'quantity', 'status'];

const members = (engine: Engine, column: string, named: readonly Member[]): string =>
  named.map(([name, path, kind = 'text']) => `${engine[kind](column, path)} as ${name}`).join(', ');

const entities = (engine: Engine, kinds: string, more = ''): string =>
  `select id, connection, platform, ${more}external_id, number, status, ${members(engine, 'header', HEADER)}, last_updated_at, version, deleted_at, created_at, updated_at
   from entities where ${kinds}`;

function lines(engine: Engine, kind: string): string {
  const value = (place: number) => engine.text('line.value', String(place));
  const name = value(0);
  return `select entities.id as ${kind}_id, entities.connection as connection,
     case when substr(${name}, 1, 1) = '+' then entities.external_id || substr(${name}, 2) else substr(${name}, 2) end as external_id,
     ${members(engine, 'line.value', LINE)}, ${engine.objects('line.value', '1.7', SCHEDULE)} as delivery_schedule,
     nullif(coalesce(${value(3)}, entities.last_updated_at), '') as last_updated_at, cast(coalesce(${value(2)}, '1') as integer) as version,
     ${value(4)} as removed_at, ${value(4)} is not null as is_removed
   from entities cross join ${engine.unfold('entities.lines')} where entities.kind = '${kind}'`;
}

const documents = (engine: Engine): string =>
  `select documents.id as id, documents.connection as connection, case when entities.kind = 'order' then entities.id end as order_id,
     case when entities.kind = 'shipment' then entities.id end as shipment_id, documents.line as line,
     ${members(
       engine,
       'documents.announced',
       ['name', 'code', 'revision', 'type', 'description'].map((name): Member => [name, name]),
     )},
     documents.content_type as content_type, documents.bytes as bytes, documents.sha256 as sha256, documents.state as state,
     documents.announced_at as announced_at, documents.stored_at as stored_at
   from documents join entities on entities.id = documents.entity_id 
   where documents.superseded_by is null and documents.removed_at is null`;

/** The JSON text of an entry's differences from what is stored of it. */
const fullDiff = ({ character }: Engine): string =>
  [...PIECES.map((piece, place) => ({ code: place + 1, text: `'${piece}'` })), { code: OWN_ID, text: 'changes.external_id' }].reduce(
    (stored, { code, text }) => `replace(${stored}, ${character}(${code}), ${text})`,
    'changes.diff',
  );

const feed = (
  diff: string,
): string => `select changes.seq as position, changes.change_id as change_id, changes.at as at, changes.connection as connection, changes.kind as kind,
    changes.action as action, changes.entity_id as id, changes.external_id as external_id, changes.version as version, changes.lines as lines,
    ${diff} as diff, changes.cause_type as cause_type, changes.cause_id as cause_id, changes.event_type as event_type
  from changes`;

/** The stable views for reports and other programs (docs/sql.md), by name. */
function viewDefinitions(engine: Engine): Record<string, string> {
  return {
    orders: entities(engine, `kind = 'order'`),
    order_lines: lines(engine, 'order'),
    shipments: entities(engine, `kind = 'shipment'`),
    shipment_lines: lines(engine, 'shipment'),
    records: entities(engine, `kind not in ('order', 'shipment')`, 'kind, '),
    documents_current: documents(engine),
    feed: feed(fullDiff(engine)),
  };
}

const NAMES = ['orders', 'order_lines', 'shipments', 'shipment_lines', 'records', 'documents_current', 'feed'];

/** A role that may read a view. */
interface Grant {
  grantee: string;
  table_name: string;
}

/** Drops the views before tables change; returns the grants on them. */
export async function dropViews(trx: Knex.Transaction): Promise<Grant[]> {
  const grants = isPostgres(trx) ? await readGrants(trx) : [];
  for (const name of NAMES) await trx.raw(`drop view if exists ${name}`);
  if (await trx.schema.hasTable('view_definitions')) await trx('view_definitions').delete();
  return grants;
}

/** Creates the views again if a definition is new or has changed, and restores the grants on them. */
export async function refreshViews(trx: Knex.Transaction, granted: readonly Grant[]): Promise<void> {
  const wanted = viewDefinitions(isPostgres(trx) ? postgres : sqlite);
  const rows = await trx('view_definitions').select<{ name: string; definition: string }[]>('name', 'definition');
  const known = new Map(rows.map((row) => [row.name, row.definition]));
  if (NAMES.every((name) => known.get(name) === wanted[name])) return;
  const grants = granted.length > 0 ? granted : await dropViews(trx);
  for (const name of NAMES) {
    await trx.raw(`create view ${name} as ${wanted[name]}`);
    await trx('view_definitions').insert({ name, definition: wanted[name] });
  }
  for (const { grantee, table_name: name } of grants)
    await trx.raw(
      grantee === 'PUBLIC' ? 'grant select on ?? to public' : 'grant select on ?? to ??',
      grantee === 'PUBLIC' ? [name] : [name, grantee],
    );
}

async function readGrants(trx: Knex.Transaction): Promise<Grant[]> {
  return trx('information_schema.role_table_grants')
    .select<Grant[]>('grantee', 'table_name')
    .where('privilege_type', 'SELECT')
    .whereIn('table_name', NAMES)
    .whereRaw('grantee <> current_user and table_schema = current_schema()');
}

const isPostgres = (trx: Knex.Transaction): boolean => trx.client.config.client === 'pg';
