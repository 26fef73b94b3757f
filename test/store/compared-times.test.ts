import assert from 'node:assert/strict';
import { openDatabase } from '../../src/store/engine/database.ts';
import { migrateDatabase } from '../../src/store/engine/migrate-database.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';

const NOW = '2026-03-01T08:00:00.000Z';
const FUTURE = '2099-01-01T00:00:00.000Z';

testOnEngines('what a time in the future has frozen is compared as its last change after an upgrade', async (_t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  try {
    const db = await openDatabase(url);
    await db.write(async (sql) => {
      for (const table of ['entities', 'lines'])
        for (const column of ['compared_at', 'source_form']) await sql.all(`alter table ${table} drop column ${column}`);
      await sql.all(`delete from migrations where name = '0022_compared_times'`);
      for (const [id, at] of [
        ['frozen', FUTURE],
        ['sound', NOW],
      ] as const) {
        await sql.all(
          `insert into entities (id, connection, platform, kind, external_id, header, last_updated_at, version, created_at, updated_at)
             values (?, 'c', 'toy', 'order', ?, '{}', ?, 1, ?, ?)`,
          [id, id, at, NOW, NOW],
        );
        await sql.all(
          `insert into lines (entity_id, external_id, "rank", content, source, last_updated_at, version) values (?, '1', 0, '{}', '{}', ?, 1)`,
          [id, at],
        );
      }
    });
    await db.close();
    await migrateDatabase(url, true);
    const upgraded = await openDatabase(url);
    const rows = await upgraded.read.all<{ id: string; own: string | null; line: string | null }>(
      'select e.id, e.compared_at as own, l.compared_at as line from entities e join lines l on l.entity_id = e.id order by e.id',
    );
    await upgraded.close();
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
