import assert from 'node:assert/strict';
import knex from 'knex';
import * as deliveries from '../../migrations/0001_deliveries.ts';
import * as entities from '../../migrations/0002_entities.ts';
import * as changes from '../../migrations/0003_changes.ts';
import * as access from '../../migrations/0004_access.ts';
import * as health from '../../migrations/0005_health.ts';
import * as reconcile from '../../migrations/0006_reconcile.ts';
import * as documents from '../../migrations/0007_documents.ts';
import { readContents, readRecorded } from '../../src/store/deliveries/contents.ts';
import { openDatabase } from '../../src/store/engine/database.ts';
import { dialectOf } from '../../src/store/engine/dialect-of.ts';
import { readStates } from '../../src/store/entities/states.ts';
import { readConsumer } from '../../src/store/feed/list-consumers.ts';
import { readFeed } from '../../src/store/feed/read-changes.ts';
import { readPositions } from '../../src/store/feed/read-positions.ts';
import { change, delivery, entity, line } from '../api/seed.ts';
import { createTestDatabase, openTestDatabase, testOnEngines } from '../support/engines.ts';

testOnEngines('a transaction that throws leaves nothing behind', async (_t, engine) => {
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

testOnEngines('processes that open a new database at the same time all find it ready', async (_t, engine) => {
  // The outcome depends on chance, so SQLite, whose file each of them sets up, is opened many times. Not by more than four at once: each that waits
  // uses one of this process's four threads.
  for (let round = 0; round < (engine === 'sqlite' ? 25 : 1); round++) {
    const { url, drop } = await createTestDatabase(engine);
    const opened = await Promise.allSettled(Array.from({ length: 4 }, () => openDatabase(url)));
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
    await drop();
    assert.deepEqual(
      opened.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
      [],
    );
  }
});

testOnEngines('a database of the first release keeps its data when it is opened', async (_t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  try {
    await fillFirstRelease(url);
    await assertCarriedOver(url);
  } finally {
    await drop();
  }
});

const FIRST_RELEASE = { deliveries, entities, changes, access, health, reconcile, documents };

/** Tables as the first seven migrations created them, with rows; retention has deleted the first two and the last of five entries of the feed. */
async function fillFirstRelease(url: string): Promise<void> {
  const db = knex(dialectOf(url).writer);
  try {
    await db.transaction(async (trx) => {
      // PostgreSQL databases are copies of a template that has all tables.
      if (!url.startsWith('sqlite:')) await trx.raw('drop schema public cascade').then(() => trx.raw('create schema public'));
      await trx.raw('create table migrations (name text primary key, applied_at text not null)');
      for (const [position, [name, { up }]] of Object.entries(FIRST_RELEASE).entries()) {
        await up(trx);
        await trx('migrations').insert({ name: `000${position + 1}_${name}`, applied_at: '2026-01-01T00:00:00.000Z' });
      }
      // More than one step of the statement that moves contents; the third was deleted by retention.
      for (const [id, seq, body] of [
        ['d1', 1, Buffer.from([0xff, 0])],
        ['d2', 6001, Buffer.from('{}')],
        ['d3', 6002, null],
      ] as const)
        await trx('deliveries').insert({ ...delivery(id), seq, body, recorded: id === 'd2' ? '[1]' : null });
      await trx('entities').insert(entity('o1'));
      await trx('lines').insert(line('o1', 'l1', 0));
      for (const version of [1, 2, 3, 4, 5]) {
        const { change_id: _, ...entry } = change('o1', version);
        await trx('changes').insert(entry);
      }
      await trx('changes').delete().whereIn('version', [1, 2, 5]);
      await trx('consumers').insert({ name: 'erp', position: 0, filter: '{}', created_at: '2026-01-01T00:00:00.000Z' });
    });
  } finally {
    await db.destroy();
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function assertCarriedOver(url: string): Promise<void> {
  const db = await openDatabase(url);
  try {
    const contents = await db.read.all<{ seq: number | string; body_bytes: number }>(
      'select seq, body_bytes from delivery_contents order by seq',
    );
    assert.deepEqual(
      contents.map(({ seq, body_bytes }) => [Number(seq), body_bytes]),
      [
        [1, 2],
        [6001, 2],
      ],
    );
    const headers = { authorization: '[redacted]' };
    assert.deepEqual(await readContents(db.read, 1), { headers, body: Buffer.from([0xff, 0]) });
    assert.deepEqual(await readContents(db.read, 6001), { headers, body: Buffer.from('{}') });
    assert.deepEqual([await readRecorded(db.read, 1), await readRecorded(db.read, 6001)], [null, '[1]']);
    assert.equal((await db.read.all('select id from deliveries')).length, 3);
    const states = await readStates(db.read, [{ connection: 'acme', kind: 'order', externalId: 'x-o1' }]);
    assert.deepEqual(
      [...states.values()].map(({ id, revision, header: { number }, lines }) => ({ id, revision, number, lines: [...lines.keys()] })),
      [{ id: 'o1', revision: 0, number: 'PO1', lines: ['l1'] }],
    );
    assert.deepEqual(
      (await db.read.all<{ position: number | string }>('select position from feed_head')).map(({ position }) => Number(position)),
      [5],
    );
    const rows = await readFeed(db.read, { kinds: null, connections: null }, { after: '0', upTo: '9', limit: 9 });
    assert.deepEqual(
      rows.map(({ position }) => position),
      ['3', '4'],
    );
    for (const { changeId } of rows) assert.match(changeId, UUID);
    assert.equal(new Set(rows.map(({ changeId }) => changeId)).size, 2);
    assert.equal((await readPositions(db.read, '0')).oldest.position, '2');
    assert.equal((await readConsumer(db.read, 'erp'))?.position, '2');
    assert.deepEqual(await db.read.all('select number from orders'), [{ number: 'PO1' }]);
    assert.equal((await db.read.all('select change_id from feed')).length, 2);
  } finally {
    await db.close();
  }
}
