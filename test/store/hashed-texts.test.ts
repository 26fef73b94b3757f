import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { takeDeliveries } from '../../src/store/deliveries/claim.ts';
import { waitingEventTypes } from '../../src/store/deliveries/due.ts';
import { listDeliveries } from '../../src/store/deliveries/list.ts';
import type { Database, Sql } from '../../src/store/engine/database.ts';
import type { SqlValue } from '../../src/store/engine/sql-value.ts';
import { readBacklog } from '../../src/store/monitoring/read-health.ts';
import { findOverdue } from '../../src/store/monitoring/read-invariants.ts';
import { findLateGaps, findUnprocessed } from '../../src/store/reconciliation/gaps.ts';
import { findByNumber, findDeliveries } from '../../src/store/search/search.ts';
import { openTestDatabase, testOnEnginesWith } from '../support/engines.ts';
import { openOlderDatabase } from '../support/older-database.ts';

const AT = '2026-03-01T08:00:00.000Z';
const NOW = '2026-03-01T09:00:00.000Z';
const TAKE = { now: NOW, limit: 10, mostBytes: 1000, except: [], recent: { take: () => undefined }, only: null };

testOnEnginesWith(
  'deliveries from before an upgrade are found by resource and event, and still wait for each other',
  (engine) => openOlderDatabase(engine, '0048_small_search_index', fillOlder),
  async ({ db }) => {
    const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
    assert.deepEqual(ids(await db.write((sql) => takeDeliveries(sql, TAKE))), ['first', 'elsewhere']);
    assert.deepEqual(ids(await findOverdue(db.read, NOW)), ['first', 'elsewhere']);
    assert.deepEqual(await waitingEventTypes(db.read, 'c', 'order:1', 0), ['changed', 'changed']);
    assert.deepEqual(ids(await findUnprocessed(db.read, 'c', ['order:1', 'order:9'])), ['first', 'second', 'dead']);
    assert.deepEqual(ids(await listDeliveries(db.read, { subject: 'order:9' }, { before: null, limit: 10 })), ['dead', 'done']);
    assert.deepEqual(ids(await findDeliveries(db.read, 'event-done', 10)), ['done']);
    assert.deepEqual(ids(await findDeliveries(db.read, 'event-second', 10)), ['second']);
    assert.deepEqual(ids(await findDeliveries(db.read, 'order:9', 10)), ['dead', 'done']);
  },
);

/** Deliveries as the version before stored them. */
async function fillOlder(db: Knex): Promise<void> {
  const pending = [
    delivery('first', 'pending', 'order:1'),
    delivery('second', 'pending', 'order:1'),
    delivery('elsewhere', 'pending', 'order:1', 'd'),
  ];
  for (const row of [...pending, delivery('done', 'done', 'order:9'), delivery('dead', 'dead', 'order:9')])
    await db('deliveries').insert(row);
}

const delivery = (id: string, state: string, subject: string, connection = 'c') => ({
  id,
  connection,
  platform: 'toy',
  dedupe_key: id,
  state,
  method: 'POST',
  path: '/',
  event_type: 'changed',
  event_id: `event-${id}`,
  subject,
  notification: false,
  mergeable: false,
  received_at: AT,
  finished_at: state === 'pending' ? null : AT,
  next_attempt_at: AT,
  body_sha256: '',
});

testOnEnginesWith(
  'a resource is looked up by its own index, also where the planner expects no backlog',
  openTestDatabase,
  async ({ db }, engine) => {
    await fill(db, 1000, 'done');
    if (engine === 'postgres') await db.alone.all('vacuum analyze deliveries');
    await fill(db, 1000, 'pending');
    const lookups: [index: string, ask: (sql: Sql) => Promise<unknown>][] = [
      ['deliveries_open', (sql) => takeDeliveries(sql, TAKE)],
      ['deliveries_open', (sql) => findOverdue(sql, NOW)],
      ['deliveries_open', (sql) => waitingEventTypes(sql, 'c', 'order:1', 0)],
      ['deliveries_open', (sql) => listDeliveries(sql, { subject: 'order:1' }, { before: null, limit: 10 })],
      ['deliveries_subject', (sql) => listDeliveries(sql, { subject: 'order:1' }, { before: null, limit: 10 })],
      ['deliveries_subject', (sql) => findLateGaps(sql, 'c', AT)],
      ['deliveries_subject', (sql) => findDeliveries(sql, 'order:1', 10)],
      ['deliveries_event', (sql) => findDeliveries(sql, 'event-1', 10)],
      ['entities_(kind_)?number', (sql) => findByNumber(sql, '1', ['order'], ['c'])],
      ['deliveries_backlog', (sql) => readBacklog(sql, 'c')],
    ];
    for (const [index, ask] of lookups) assert.match(await planOf(ask, db, engine), new RegExp(index));
  },
);

/** As many deliveries, each of a resource of its own. */
async function fill(db: Database, count: number, state: string): Promise<void> {
  const { id: _id, dedupe_key: _key, event_id: _event, subject: _subject, ...same } = delivery('', state, '');
  const names = Object.keys(same).join(', ');
  const numbers = JSON.stringify(Array.from({ length: count }, (_, n) => ({ n })));
  await db.write((sql) =>
    sql.all(
      `insert into deliveries (id, dedupe_key, event_id, subject, ${names})
       select '${state}-' || rows.n, '${state}-' || rows.n, 'event-' || rows.n, 'order:' || rows.n, ${Object.keys(same)
         .map(() => '?')
         .join(', ')}
       from ${sql.dialect.rowsOf({ n: 'integer' })} where true`,
      [...Object.values(same), numbers],
    ),
  );
}

const planOf = (ask: (sql: Sql) => Promise<unknown>, db: Database, engine: string): Promise<string> =>
  db.write(async (sql) => {
    // A nearly empty table is scanned, whatever its indexes.
    if (engine === 'postgres')
      await sql.all('set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off');
    const steps: object[] = [];
    const all = async <Row>(statement: string, bindings: readonly SqlValue[] = []): Promise<Row[]> => {
      steps.push(...(await sql.all<object>(`explain ${engine === 'postgres' ? '' : 'query plan'} ${statement}`, bindings)));
      return [];
    };
    await ask({ dialect: db.dialect, all });
    return JSON.stringify(steps);
  });
