import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/store/engine/database.ts';
import { migrateDatabase } from '../../src/store/engine/migrate-database.ts';
import { readStates } from '../../src/store/entities/states.ts';
import { testOnEngines } from '../support/engines.ts';
import { createOlderDatabase } from '../support/older-database.ts';

const NOW = '2026-03-01T08:00:00.000Z';
const FUTURE = '2099-01-01T00:00:00.000Z';

testOnEngines('after an upgrade, a time in the future that blocked changes is compared by its last change', async (_t, engine) => {
  const { url, drop } = await createOlderDatabase(engine, '0019_rejections', fillOlder);
  try {
    await migrateDatabase(url, true);
    const upgraded = await openDatabase(url);
    const states = await readStates(
      upgraded.read,
      ['frozen', 'sound'].map((externalId) => ({ connection: 'c', kind: 'order', externalId })),
    );
    await upgraded.close();
    const rows = [...states.values()].map(({ id, comparedAt, lines }) => ({ id, own: comparedAt, line: lines.get('1')?.comparedAt }));
    assert.deepEqual(
      rows.map(({ id, own, line }) => [id, own, line]),
      [
        ['frozen', NOW, NOW],
        ['sound', null, null],
      ],
    );
  } finally {
    await drop();
  }
});

/** Two orders, as stored before the time used in comparisons could differ from the reported one. */
async function fillOlder(db: Knex): Promise<void> {
  for (const [id, at] of [
    ['frozen', FUTURE],
    ['sound', NOW],
  ]) {
    const entity = {
      id,
      connection: 'c',
      platform: 'toy',
      kind: 'order',
      external_id: id,
      header: '{}',
      last_updated_at: at,
      version: 1,
    };
    await db('entities').insert({ ...entity, created_at: NOW, updated_at: NOW });
    await db('lines').insert({ entity_id: id, external_id: '1', rank: 0, content: '{}', source: '{}', last_updated_at: at, version: 1 });
  }
}
