import assert from 'node:assert/strict';
import test from 'node:test';
import { readNextDueAt } from '../../src/store/deliveries/due.ts';
import { listDeliveries } from '../../src/store/deliveries/list.ts';
import { listFailures } from '../../src/store/deliveries/list-causes.ts';
import { listDocuments } from '../../src/store/documents/list.ts';
import { type Database, openDatabase, type Sql } from '../../src/store/engine/database.ts';
import type { SqlValue } from '../../src/store/engine/sql-value.ts';
import { listEntities } from '../../src/store/entities/list.ts';
import { readDeadCounters } from '../../src/store/monitoring/read-counters.ts';
import { readDeadDeliveries, readFailedDocuments } from '../../src/store/monitoring/read-failures.ts';
import { readBacklog, readLastDeliveryAt } from '../../src/store/monitoring/read-health.ts';
import { findDeliveries } from '../../src/store/search/search.ts';
import { delivery, document, entity, insertRows } from '../api/seed.ts';
import { createTestDatabase, openTestDatabase, testOnEnginesWith } from '../support/engines.ts';

const ORDERS = { ids: null, connection: null, status: 'Confirmed', number: null, updatedAfter: null };

/** The plan of each statement that `ask` sends to SQLite. */
async function readPlans(db: Database, ask: (sql: Sql) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  const all = async <Row>(statement: string, bindings: readonly SqlValue[] = []): Promise<Row[]> => {
    const steps = await db.read.all<{ detail: string }>(`explain query plan ${statement}`, bindings);
    plans.push(steps.map(({ detail }) => detail).join('; '));
    return db.read.all<Row>(statement, bindings);
  };
  await ask({ dialect: db.dialect, all });
  return plans;
}

test('queries that run every few seconds use an index of their own, however many deliveries there are', async () => {
  const { url, drop } = await createTestDatabase('sqlite');
  const db = await openDatabase(url);
  const planned = async (ask: (sql: Sql) => Promise<unknown>) => (await readPlans(db, ask)).join('; ');
  try {
    assert.match(await planned((sql) => readBacklog(sql, 'acme')), /deliveries_backlog/);
    assert.match(await planned((sql) => readDeadCounters(sql)), /deliveries_dead_of/);
    assert.match(await planned((sql) => readLastDeliveryAt(sql, 'acme')), /deliveries_connection_seq_index \(connection=\?\)/);
    assert.match(await planned((sql) => readNextDueAt(sql, '2026')), /deliveries_due \(next_attempt_at>\?\)/);
    const page = { after: 0, limit: 10, withSource: false };
    assert.match(await planned((sql) => listEntities(sql, { ...ORDERS, kinds: ['order'] }, page)), /entities_status/);
  } finally {
    await db.close();
    await drop();
  }
});

test('a list that few of many rows match is read off an index of its filter', async () => {
  const { url, drop } = await createTestDatabase('sqlite');
  const db = await openDatabase(url);
  const planned = async (ask: (sql: Sql) => Promise<unknown>) => (await readPlans(db, ask)).join('; ');
  /** Without the first statement, which reads the rows that are near. */
  const plannedRest = async (ask: (sql: Sql) => Promise<unknown>) => (await readPlans(db, ask)).slice(1).join('; ');
  try {
    await insertRows(db, 'entities', [entity('e', { seq: 100_000, connection: 'other', updated_at: '2025' })]);
    await insertRows(db, 'deliveries', [delivery('d', { seq: 100_000 })]);
    await insertRows(db, 'documents', [document('doc', 'e', { seq: 100_000 })]);
    const page = { after: 0, limit: 10, withSource: false };
    for (const [filter, index] of [
      [{ connection: 'acme' }, /entities_connection_kind_external_id_unique \(connection=\? AND kind=\?\)/],
      [{ updatedAfter: '2026' }, /entities_kind_updated_at_index \(kind=\? AND updated_at>\?\)/],
      [{ connection: 'acme', status: 'Confirmed' }, /entities_status \(kind=\? AND status=\?\)/],
    ] as const)
      assert.match(await plannedRest((sql) => listEntities(sql, { ...ORDERS, status: null, kinds: ['order'], ...filter }, page)), index);
    for (const [filter, index] of [
      [{ state: 'ignored' }, /deliveries_ignored/],
      [{ state: 'handled' }, /deliveries_handled/],
      [{ error: 'timeout' }, /deliveries_failed/],
      [{ from: '2026' }, /deliveries_received_at_index \(received_at>\?\)/],
      [{ to: '2026' }, /deliveries_received_at_index \(received_at<\?\)/],
    ] as const)
      assert.match(await plannedRest((sql) => listDeliveries(sql, filter, { before: null, limit: 10 })), index);
    const documents = { order: null, shipment: null, connection: null, state: 'failed', superseded: false };
    assert.match(await plannedRest((sql) => listDocuments(sql, documents, page)), /documents_not_held/);
    const causes = await planned((sql) => listFailures(sql, { connection: 'acme' }, 10));
    assert.match(causes, /deliveries_dead.*deliveries_waiting/);
    const found = await planned((sql) => findDeliveries(sql, 'event-1', 10));
    assert.match(found, /deliveries_id_unique.*deliveries_event.*deliveries_open.*deliveries_subject/);
  } finally {
    await db.close();
    await drop();
  }
});

testOnEnginesWith('what the alerts about failures tell is read off indexes, on both engines', openTestDatabase, async ({ db }, engine) => {
  const planned = (ask: (sql: Sql) => Promise<unknown>) =>
    db.write(async (sql) => {
      const plans: string[] = [];
      // A nearly empty table is scanned, whatever its indexes.
      if (engine === 'postgres') await sql.all('set local enable_seqscan = off');
      const all = async <Row>(statement: string, bindings: readonly SqlValue[] = []): Promise<Row[]> => {
        const explain = engine === 'postgres' ? 'explain' : 'explain query plan';
        plans.push(...(await sql.all<object>(`${explain} ${statement}`, bindings)).map((step) => JSON.stringify(step)));
        return [];
      };
      await ask({ dialect: db.dialect, all });
      return plans;
    });
  for (const connection of ['acme', null]) {
    for (const [read, index, table] of [
      [readDeadDeliveries, 'deliveries_dead_of', 'deliveries'],
      [readFailedDocuments, 'documents_not_held', 'documents'],
    ] as const) {
      const plan = await planned((sql) => read(sql, connection));
      // Once for the number, once for the newest.
      assert.equal(plan.filter((step) => step.includes(index)).length, 2, plan.join('; '));
      assert.ok(!plan.some((step) => step.includes(`Seq Scan on ${table}`) || step.includes(`SCAN ${table}"`)), plan.join('; '));
    }
  }
});
