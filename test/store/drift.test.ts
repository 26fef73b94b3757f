import assert from 'node:assert/strict';
import test from 'node:test';
import { type Drift, findDrift, membersOf } from '../../src/domain/entities/drift.ts';
import { parseJson } from '../../src/domain/values/json.ts';
import { listDrift } from '../../src/store/drift/list.ts';
import { upsertDrift } from '../../src/store/drift/upsert.ts';
import { openDatabase } from '../../src/store/engine/database.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';

const AT = '2026-03-01T08:00:00.000Z';
const unknown = (from: number, count: number): Drift[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'field', name: `made-up-${from + n}`, path: `/made-up-${from + n}` }));

testOnEngines(
  'a delivery adds at most fifty rows of drift, a connection has at most a thousand, and the rest is a count',
  async (_t, engine) => {
    const { url, drop } = await createTestDatabase(engine);
    const db = await openDatabase(url);
    try {
      const keep = (found: Drift[]) =>
        db.write((sql) => upsertDrift(sql, { connection: 'acme', platform: 'toy', sampleId: 'd1', at: AT }, found));
      const rows = () => listDrift(db.read, { connection: 'acme', kind: null }, { after: null, limit: 2000 });
      await keep(unknown(0, 120));
      const kept = (await rows()).filter(({ kind }) => kind === 'field');
      assert.equal(kept.length, 50);
      const overflow = async () => (await rows()).find(({ kind }) => kind === 'overflow')?.count;
      assert.equal(await overflow(), 70);
      await keep(unknown(0, 50));
      assert.ok(
        (await rows()).filter(({ kind }) => kind === 'field').every(({ count }) => count === 2),
        'what is known is counted',
      );
      assert.equal(await overflow(), 70);
      for (let from = 1000; from < 2500; from += 50) await keep(unknown(from, 50));
      assert.ok((await rows()).length <= 1001);
      const members = Array.from({ length: 400_000 }, (_, n) => `"u${n}":1`).join(',');
      const found = findDrift(parseJson(`{${members}}`), membersOf({ id: 'any' }));
      assert.ok(found.length <= 1001);
      await keep(found);
      const all = await rows();
      assert.ok(all.length <= 1001);
      assert.equal(
        all.reduce((sum, { count }) => sum + count, 0),
        120 + 50 + 1500 + 400_000,
      );
    } finally {
      await db.close();
      await drop();
    }
  },
);

test('a number with too many digits is drift at its place', () => {
  const found = findDrift(parseJson(`{"price":1.10,"total":${'9'.repeat(401)}}`), membersOf({ price: 'any', total: 'any' }));
  assert.deepEqual(found, [{ kind: 'value', name: '(too many digits)', path: '/total' }]);
});
