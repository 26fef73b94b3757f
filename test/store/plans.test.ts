import assert from 'node:assert/strict';
import test from 'node:test';
import { readNextDueAt } from '../../src/store/deliveries/due.ts';
import { openDatabase, type Sql } from '../../src/store/engine/database.ts';
import type { SqlValue } from '../../src/store/engine/sql-value.ts';
import { listEntities } from '../../src/store/entities/list.ts';
import { readDeadCounters } from '../../src/store/monitoring/read-counters.ts';
import { readDeadDeliveries, readFailedDocuments } from '../../src/store/monitoring/read-failures.ts';
import { readBacklog, readLastDeliveryAt } from '../../src/store/monitoring/read-health.ts';
import { createTestDatabase, openTestDatabase, testOnEnginesWith } from '../support/engines.ts';

const ORDERS = { ids: null, connection: null, status: 'Confirmed', number: null, updatedAfter: null };

test('queries that run every few seconds use an index of their own, however many deliveries there are', async () => {
  const { url, drop } = await createTestDatabase('sqlite');
  const db = await openDatabase(url);
  const planned = async (ask: (sql: Sql) => Promise<unknown>) => {
    const plans: string[] = [];
    const all = async <Row>(statement: string, bindings: readonly SqlValue[] = []): Promise<Row[]> => {
      const steps = await db.read.all<{ detail: string }>(`explain query plan ${statement}`, bindings);
      plans.push(...steps.map(({ detail }) => detail));
      return db.read.all<Row>(statement, bindings);
    };
    await ask({ dialect: db.dialect, all });
    return plans.join('; ');
  };
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
