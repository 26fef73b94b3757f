import type { Knex } from 'knex';
import { packBytes } from './pack-bytes.ts';

const ENTITIES_PER_STEP = 200;

/**
 * An entity is one row: its lines are a JSON list in it, header and lines are lists of their values without names (decoded in
 * src/store/entities/), and the platform's own JSON of all of it is one packed value.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  const postgres = trx.client.config.client === 'pg';
  await trx.raw(`alter table entities add column line_count integer not null default 0`);
  await trx.raw(`alter table entities add column source_bytes integer not null default 0`);
  await trx.raw(`alter table entities add column lines text`);
  await trx.raw(`alter table entities add column sources ${postgres ? 'bytea' : 'blob'}`);
  // It is packed already.
  if (postgres) await trx.raw('alter table entities alter sources set storage external');
  for (let after = 0; ; ) {
    const entities: Entity[] = await trx('entities')
      .select('seq', 'id', 'external_id', 'header', 'source', 'source_form', 'last_updated_at')
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(ENTITIES_PER_STEP);
    const last = entities.at(-1);
    if (!last) break;
    for (const entity of entities) await moveLines(trx, entity);
    after = Number(last.seq);
  }
  await trx.schema.dropTable('lines');
  await trx.raw('alter table entities drop column source');
}

interface Entity {
  seq: number | string;
  id: string;
  external_id: string;
  header: string;
  source: string | null;
  source_form: string | null;
  last_updated_at: string | null;
}

interface Line {
  external_id: string;
  content: string;
  source: string;
  source_form: string | null;
  last_updated_at: string | null;
  compared_at: string | null;
  version: number;
  removed_at: string | null;
}

async function moveLines(trx: Knex.Transaction, entity: Entity): Promise<void> {
  const lines: Line[] = await trx('lines').where({ entity_id: entity.id }).orderBy(['rank', 'external_id']);
  const hasSources = entity.source !== null || lines.length > 0;
  const sources = Buffer.from(
    [entity.source ?? '', ...lines.map(({ source }) => source)].map((one) => one.replaceAll('\n', ' ')).join('\n'),
  );
  await trx('entities')
    .where({ seq: entity.seq })
    .update({
      header: JSON.stringify(headerValues(JSON.parse(entity.header))),
      lines: lines.length === 0 ? null : JSON.stringify(lines.map((line) => lineValues(entity, line))),
      line_count: lines.length,
      sources: hasSources ? await packBytes(sources) : null,
      source_bytes: hasSources ? sources.length : 0,
    });
}

type Values = unknown[];
type Members = Record<string, unknown> | null | undefined;

function trimmed(values: Values): Values {
  const kept = values.map((value) => value ?? null);
  while (kept.length > 0 && kept.at(-1) === null) kept.pop();
  return kept;
}

const valuesOf = (object: Members, names: readonly string[]): Values | null => (object ? trimmed(names.map((name) => object[name])) : null);

const headerValues = (header: Record<string, Members>): Values =>
  trimmed([
    header.currency,
    valuesOf(header.buyer, ['id', 'name']),
    valuesOf(header.supplier, ['id', 'name']),
    header.total,
    header.orderedAt,
  ]);

function contentValues(content: Record<string, Members> & { deliverySchedule?: Members[] }): Values {
  const schedule = (content.deliverySchedule ?? []).map((one) => valuesOf(one, ['position', 'date', 'quantity', 'status']));
  return trimmed([
    content.position,
    valuesOf(content.item, ['number', 'name', 'supplierNumber']),
    content.description,
    content.quantity,
    content.unit,
    content.status,
    valuesOf(content.price, ['net', 'gross', 'currency', 'unit', 'per']),
    schedule.length === 0 ? null : schedule,
  ]);
}

const shared = (value: string | null, ofEntity: string | null): string | null => (value === ofEntity ? null : (value ?? ''));

const lineValues = (entity: Entity, line: Line): Values =>
  trimmed([
    line.external_id.startsWith(entity.external_id) ? `+${line.external_id.slice(entity.external_id.length)}` : `=${line.external_id}`,
    contentValues(JSON.parse(line.content)),
    line.version === 1 ? null : line.version,
    shared(line.last_updated_at, entity.last_updated_at),
    line.removed_at,
    line.compared_at,
    shared(line.source_form, entity.source_form),
  ]);
