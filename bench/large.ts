import { indexChanges } from '../src/search/index-changes.ts';
import type { BenchDatabase, Engine } from './engine.ts';
import { untilApplied } from './engine.ts';
import { orders, postOrders } from './load.ts';
import { percentile, rounded } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { API_KEY, type Running, type ServiceOptions, startService } from './service.ts';

export interface Large {
  held: number;
  perSecond: number;
  perSecondWithNone: number;
  ratio: number;
  /** The slowest of twenty requests to each path, after a first one, in milliseconds. */
  slowestMs: Record<string, number>;
}

/** The same end to end, and the requests of users and monitoring, with `held` orders already stored. */
export async function measureLarge(engine: Engine, held: number, count: number): Promise<Large> {
  const perSecondWithNone = (await withHeld(engine, 0, (database, service) => rate(database, service, count, 1))).value;
  const { value, slowestMs } = await withHeld(engine, held, async (database, service) => rate(database, service, count, held + 1));
  return {
    held,
    perSecond: Math.round(value),
    perSecondWithNone: Math.round(perSecondWithNone),
    ratio: rounded(value / perSecondWithNone),
    slowestMs,
  };
}

/** Sent before the measurement: after a start, and where much was just stored, the first orders read the database's pages from the disk. */
const WARM_UP = 3000;

async function rate({ db }: BenchDatabase, service: Running, count: number, before: number): Promise<number> {
  await postOrders(service.url, 64, orders('warm', WARM_UP, sampleEvent));
  await untilApplied(db, before + WARM_UP);
  const startedMs = performance.now();
  await postOrders(service.url, 64, orders('order', count, sampleEvent));
  await untilApplied(db, before + WARM_UP + count);
  return (count * 1000) / (performance.now() - startedMs);
}

async function withHeld(
  engine: Engine,
  held: number,
  work: (database: BenchDatabase, service: Running) => Promise<number>,
): Promise<{ value: number; slowestMs: Record<string, number> }> {
  const database = await engine.create();
  const options = { databaseUrl: database.url, directory: database.directory };
  try {
    await withService(options, async (service) => {
      await postOrders(service.url, 1, orders('template', 1, sampleEvent));
      await untilApplied(database.db, 1);
    });
    if (held > 0) await multiply(database, held);
    return await withService(options, async (service) => ({
      value: await work(database, service),
      slowestMs: await requestEach(service.url),
    }));
  } finally {
    await database.drop();
  }
}

async function withService<T>(options: ServiceOptions, work: (service: Running) => Promise<T>): Promise<T> {
  const service = await startService(options);
  return work(service).finally(() => service.stop());
}

const STEP = 10_000;

/** Copies the one order that was applied, with everything that belongs to it, with new ids and numbers, and completes the search index. */
async function multiply({ db, vacuum }: BenchDatabase, held: number): Promise<void> {
  const columns = async (table: string) => {
    const [row] = await db.read.all<Record<string, unknown>>(`select * from ${table} limit 1`);
    return Object.keys(row ?? {});
  };
  const numbers =
    db.dialect.name === 'postgres'
      ? (from: number) => `(select n from generate_series(${from}, ${from + STEP - 1}) as n) as numbers`
      : (from: number) =>
          `(with recursive s(n) as (select ${from} union all select n + 1 from s where n < ${from + STEP - 1}) select n from s) as numbers`;
  const copies = await Promise.all(
    COPIED.map(async ({ table, key, own }) => {
      const names = await columns(table);
      const select = names.map((name) =>
        name === key ? `one.${key} + n` : own.includes(name) ? `one.${name} || '-' || n` : `one.${name}`,
      );
      return (from: number) =>
        `insert into ${table} (${names.join(', ')}) select ${select.join(', ')} from ${numbers(from)} cross join ${table} one where ${ONE[table]}`;
    }),
  );
  for (let from = 1; from <= held; from += STEP) {
    await db.write(async (sql) => {
      for (const copy of copies) await sql.all(copy(from));
    });
  }
  await db.write((sql) => sql.all('update feed_head set position = position + ?', [held]));
  if (db.dialect.name === 'postgres')
    await db.write((sql) => sql.all(`select setval('deliveries_seq_seq', ${held + 1}), setval('entities_seq_seq', ${held + 1})`));
  while ((await indexChanges({ db })) > 0);
  await vacuum();
}

const COPIED: readonly { table: string; key: string; own: readonly string[] }[] = [
  { table: 'deliveries', key: 'seq', own: ['id', 'dedupe_key', 'subject', 'event_id'] },
  { table: 'delivery_contents', key: 'seq', own: [] },
  { table: 'entities', key: 'seq', own: ['id', 'external_id', 'number'] },
  { table: 'changes', key: 'seq', own: ['entity_id', 'external_id', 'change_id', 'cause_id'] },
];

/** The template's rows are the first ones; its copies must not be copied again. */
const ONE: Record<string, string> = {
  deliveries: 'one.seq = 1',
  delivery_contents: 'one.seq = 1',
  entities: 'one.seq = 1',
  changes: 'one.seq = 1',
};

const PATHS = [
  '/api/v1/orders?limit=100',
  '/api/v1/orders?status=Confirmed&limit=100',
  '/api/v1/orders?number=POtemplate-0-777',
  '/api/v1/orders?updatedAfter=2020-01-01T00:00:00.000Z&limit=100',
  '/api/v1/orders?updatedAfter=2100-01-01T00:00:00.000Z&limit=100',
  '/api/v1/orders?connection=other&limit=100',
  '/api/v1/deliveries?state=done&limit=100',
  '/api/v1/deliveries?state=dead&limit=100',
  '/api/v1/deliveries?state=ignored&limit=100',
  '/api/v1/deliveries?from=2100-01-01T00:00:00.000Z&limit=100',
  '/api/v1/connections/bench',
  '/api/v1/search?q=POtemplate-0-777',
  '/api/v1/search?q=template-0-777777',
  '/health/ready',
  '/metrics',
  '/console/',
];

async function requestEach(url: string): Promise<Record<string, number>> {
  // As a name and a password, since the console accepts no bearer token.
  const headers = { authorization: `Basic ${Buffer.from(`bench:${API_KEY}`).toString('base64')}` };
  const slowest: Record<string, number> = {};
  for (const path of PATHS) {
    const tookMs: number[] = [];
    // The first is not counted: a route's checks are compiled when it is first used.
    for (let times = 0; times <= 20; times++) {
      const fromMs = performance.now();
      const response = await fetch(url + path, { headers });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${path} was answered ${response.status}.`);
      if (times > 0) tookMs.push(performance.now() - fromMs);
    }
    slowest[path] = rounded(percentile(tookMs, 1), 1);
  }
  return slowest;
}
