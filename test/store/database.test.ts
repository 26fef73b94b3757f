import assert from 'node:assert/strict';
import test from 'node:test';
import { openDatabase } from '../../src/store/engine/database.ts';
import { readConsumer } from '../../src/store/feed/list-consumers.ts';
import { readFeed } from '../../src/store/feed/read-changes.ts';
import { readPositions } from '../../src/store/feed/read-positions.ts';
import { change, insertRows } from '../api/seed.ts';
import { createTestDatabase, ENGINES, openTestDatabase } from '../support/engines.ts';

for (const engine of ENGINES) {
  test(`a transaction that throws leaves nothing behind (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine);
    try {
      await assert.rejects(
        db.write(async (sql) => {
          await sql.all('insert into secrets (name, value) values (?, ?)', ['a', 'b']);
          throw new Error('no');
        }),
        /^Error: no$/,
      );
      assert.deepEqual(await db.read.all('select * from secrets'), []);
    } finally {
      await close();
    }
  });

  test(`the entries of an older database get ids of their own, and its feed begins where retention had come to (${engine})`, async () => {
    const { url, drop } = await createTestDatabase(engine);
    try {
      const older = await openDatabase(url);
      await insertRows(
        older,
        'changes',
        [3, 4].map((version) => change('o1', version, { seq: version })),
      );
      await insertRows(older, 'consumers', [{ name: 'erp', position: 0, filter: '{}', created_at: '2026-01-01T00:00:00.000Z' }]);
      for (const statement of DOWN) await older.alone.all(statement);
      await older.close();
      const db = await openDatabase(url);
      const rows = await readFeed(db.read, { kinds: null, connections: null }, { after: '0', upTo: '9', limit: 9 });
      for (const { changeId } of rows) assert.match(changeId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(new Set(rows.map(({ changeId }) => changeId)).size, 2);
      assert.equal((await readPositions(db.read, '0')).oldest.position, '2');
      assert.equal((await readConsumer(db.read, 'erp'))?.position, '2');
      await db.close();
    } finally {
      await drop();
    }
  });
}

/** What leads back to the tables before entries had ids. */
const DOWN = [
  'alter table changes drop column change_id',
  'drop table feed_floor',
  ...['cursor', 'last_read_cursor', 'start_position', 'alert_after_seconds', 'notify_url', 'notify_secret'].map(
    (column) => `alter table consumers drop column ${column}`,
  ),
  'alter table consumer_reads drop column after_position',
  'drop table consumer_acks',
  'drop index receipts_consumer_status_change_seq_index',
  "delete from migrations where name in ('0012_change_ids', '0013_consumer_watch')",
];
