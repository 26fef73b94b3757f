import { type Drift, overflowOf } from '../../domain/entities/drift.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf, rowsParameter, storableText } from '../engine/rows.ts';

/** Where drift was seen. `sampleId`: the delivery. */
export interface DriftOrigin {
  connection: string;
  platform: string;
  sampleId: string;
  at: string;
}

const MOST_NEW_PER_DELIVERY = 50;
const MOST_PER_CONNECTION = 1000;

/**
 * Counts what a delivery contained that our description of its platform does not. A sender can invent any number of names: new ones beyond 50 per
 * delivery, or beyond 1,000 per connection, are one row `overflow` with a count.
 */
export async function upsertDrift(sql: Sql, origin: DriftOrigin, found: readonly Drift[]): Promise<void> {
  const named = new Map<string, Drift>();
  let rest = 0;
  for (const one of found) {
    if (one.kind === 'overflow') rest += one.count ?? 1;
    else named.set(keyOf(one), { ...one, name: storableText(one.name), path: storableText(one.path) });
  }
  const known = await readKnown(sql, origin.connection, [...named.values()]);
  const fresh = [...named].filter(([key]) => !known.has(key)).map(([, one]) => one);
  const room = fresh.length === 0 ? 0 : Math.max(0, MOST_PER_CONNECTION - (await countOf(sql, origin.connection)));
  const kept = fresh.slice(0, Math.min(MOST_NEW_PER_DELIVERY, room));
  rest += fresh.length - kept.length;
  const seen = [...[...named].filter(([key]) => known.has(key)).map(([, one]) => one), ...kept];
  await upsertRows(sql, origin, rest === 0 ? seen : [...seen, overflowOf(rest)]);
}

const keyOf = ({ kind, path, name }: Pick<Drift, 'kind' | 'path' | 'name'>): string =>
  JSON.stringify([kind, storableText(path), storableText(name)]);

const KEY = { kind: 'text', path: 'text', name: 'text' } as const;

async function readKnown(sql: Sql, connection: string, named: readonly Drift[]): Promise<Set<string>> {
  if (named.length === 0) return new Set();
  const rows = await sql.all<Pick<Drift, 'kind' | 'path' | 'name'>>(
    `select drift.kind, drift.path, drift.name from ${sql.dialect.rowsOf(KEY)}
     cross join drift where drift.connection = ? and drift.kind = rows.kind and drift.path = rows.path and drift.name = rows.name`,
    [rowsParameter(named), connection],
  );
  return new Set(rows.map(keyOf));
}

async function countOf(sql: Sql, connection: string): Promise<number> {
  const [row] = await sql.all<{ count: number | string }>('select count(*) as count from drift where connection = ?', [connection]);
  return numberOf(row?.count ?? 0);
}

// In a fixed order, so that two transactions do not wait for each other.
const byKey = (a: Drift, b: Drift): number => (keyOf(a) < keyOf(b) ? -1 : 1);

const ROW = { ...KEY, connection: 'text', platform: 'text', at: 'text', count: 'integer', sample_id: 'text' } as const;

async function upsertRows(sql: Sql, { connection, platform, at, sampleId }: DriftOrigin, seen: readonly Drift[]): Promise<void> {
  const rows = seen
    .toSorted(byKey)
    .map(({ kind, path, name, count = 1 }) => ({ kind, path, name, count, connection, platform, at, sample_id: sampleId }));
  const values = ['connection', 'platform', 'kind', 'name', 'path', 'at', 'at', 'count', 'sample_id']
    .map((name) => `rows.${name}`)
    .join(', ');
  await sql.all(
    `insert into drift (connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id)
     select ${values} from ${sql.dialect.rowsOf(ROW)} where true
     on conflict (connection, kind, path, name) do update set last_seen_at = excluded.last_seen_at, count = drift.count + excluded.count,
       sample_id = excluded.sample_id`,
    [rowsParameter(rows)],
  );
}
