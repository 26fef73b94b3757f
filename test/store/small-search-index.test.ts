import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { search } from '../../src/search/search.ts';
import { type Engine, testOnEnginesWith } from '../support/engines.ts';
import { openOlderDatabase } from '../support/older-database.ts';

const AT = '2026-03-01T08:00:00.000Z';

testOnEnginesWith(
  'what was indexed before an upgrade is found after it, without its entries of the feed',
  (engine) => openOlderDatabase(engine, '0046_remote_pauses', (db) => fillOlder(db, engine)),
  async ({ db }) => {
    for (const text of ['po-26001', 'x-77', 'waterkant', 'stål', 's-1', 'gasket', 'nitrile', 'sup-5', 'drawing', 'drw-1'])
      assert.deepEqual(
        (await search(db.read, text, { connections: ['c'], limit: 10 })).map(({ id }) => id),
        ['o1'],
        text,
      );
    assert.deepEqual(await search(db.read, 'gasket 70', { connections: ['c'], limit: 10 }), []);
  },
);

/** An order that was indexed by the version before; retention has deleted its entries of the feed. */
async function fillOlder(db: Knex, engine: Engine): Promise<void> {
  const own = {
    connection: 'c',
    platform: 'toy',
    kind: 'order',
    external_id: 'X-77',
    number: 'PO-26001',
    version: 1,
    created_at: AT,
    updated_at: AT,
  };
  const line = ['+-1', ['0010', ['GA-1', 'Gasket 60', 'SUP-5'], 'nitrile']];
  const values = {
    header: '["EUR",["B-9","Waterkant"],["S-1","Østfold Stål"]]',
    lines: JSON.stringify([line, ['+-2', []]]),
    line_count: 2,
  };
  await db('entities').insert({ id: 'o1', ...own, ...values });
  const announced = JSON.stringify({ key: 'd', name: 'Drawing.pdf', code: 'DRW-1' });
  const document = {
    id: 'd1',
    connection: 'c',
    entity_id: 'o1',
    key: 'd',
    announced,
    state: 'announced',
    announced_at: AT,
    next_attempt_at: AT,
  };
  await db('documents').insert(document);
  const words = 'po-26001\nx-77\nb-9\nwaterkant\ns-1\nøstfold stål\n0010\nga-1\ngasket 60\nsup-5\nnitrile\ndrawing.pdf\ndrw-1';
  if (engine === 'postgres') await db('search_index').insert({ seq: 1, grams: [1, 2, 3] });
  else await db.raw('insert into search_index (rowid, grams) values (1, ?)', [words]);
}
