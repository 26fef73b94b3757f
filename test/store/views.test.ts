import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { openDatabase } from '../../src/store/engine/database.ts';
import { change, content, document, entity, header, insertRows, line } from '../api/seed.ts';
import { type TestApi, testWithApi } from '../api/support.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';

type Row = Record<string, unknown>;

const VIEWS = ['orders', 'order_lines', 'shipments', 'shipment_lines', 'records', 'documents_current', 'feed'];

/** The columns that docs/sql.md lists for a view; those of shipments are described with the orders'. */
function documentedColumns(view: string): string[] {
  const text = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');
  const described = view.replace('shipments', 'orders').replace('shipment_lines', 'order_lines');
  const section = text.split(`\n## ${described}\n`)[1]?.split('\n## ')[0] ?? '';
  const columns = [...section.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1] ?? '');
  return columns.map((name) => (view === 'shipment_lines' && name === 'order_id' ? 'shipment_id' : name));
}

const columnsOf = async (api: TestApi, engine: Engine, view: string): Promise<string[]> => {
  const statement =
    engine === 'sqlite'
      ? 'select name from pragma_table_info(?)'
      : 'select column_name as name from information_schema.columns where table_name = ? order by ordinal_position';
  return (await api.db.read.all<{ name: string }>(statement, [view])).map(({ name }) => name);
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

testWithApi('the views have the documented columns, and contain what the API returns', async (api, engine) => {
  const all = (view: string, order: string) => api.db.read.all<Row>(`select * from ${view} order by ${order}`);
  const total = { total: '123456789012345678.90', supplier: JSON.stringify(null) };
  await insertRows(api.db, 'entities', [
    entity('o1', { header: header({ ...total, supplier: null }), version: 3 }),
    entity('o2', { number: null, header: header({ number: null, total: null }), deleted_at: '2026-02-09T00:00:00.000Z' }),
    entity('s1', { kind: 'shipment', connection: 'fresh', header: header({ total: '0.10' }) }),
    entity('r1', { kind: 'invoice', external_id: 'I-1', header: header({ total: 'no number' }) }),
  ]);
  const odd = { ...content('0020', '0.000000000000000001'), item: null, price: null, deliverySchedule: [] };
  await insertRows(api.db, 'lines', [
    line('o1', 'L1', 0),
    line('o1', 'L2', 1, { content: JSON.stringify(odd), removed_at: '2026-02-02T00:00:00.000Z' }),
    line('s1', 'L1', 0),
  ]);
  await insertRows(api.db, 'documents', [document('d1', 'o1'), document('d2', 's1', { connection: 'fresh' })]);
  await insertRows(api.db, 'documents', [
    document('d3', 'o1', { superseded_by: 'd1', removed_at: null }),
    document('d4', 'o1', { superseded_by: null, removed_at: '2026-02-02T00:00:00.000Z' }),
  ]);
  await insertRows(api.db, 'changes', [change('o1', 1), change('o1', 2), change('s1', 1, { kind: 'shipment' })]);
  for (const view of VIEWS) assert.deepEqual(await columnsOf(api, engine, view), documentedColumns(view), view);

  for (const [list, view] of [
    ['orders', 'orders'],
    ['shipments', 'shipments'],
    ['records', 'records'],
  ] as const) {
    const rows = await all(view, 'id');
    const told: Row[] = (await api.get(`/${list}`)).json.data;
    assert.equal(rows.length, told.length);
    for (const one of told.filter(({ id }) => id !== 'r1')) {
      const row = rows.find(({ id }) => id === one.id) ?? {};
      for (const [name, value] of Object.entries(one)) {
        if (name === 'buyer' || name === 'supplier') {
          const party = value as { id: string; name: string } | null;
          assert.deepEqual([row[`${name}_id`], row[`${name}_name`]], [party?.id ?? null, party?.name ?? null]);
        } else assert.deepEqual(row[snake(name)], value, `${view}.${name}`);
      }
    }
  }
  const [first, second] = await all('order_lines', 'external_id');
  assert.deepEqual(
    [first?.order_id, first?.position, first?.item_number, first?.price_net, first?.quantity, Boolean(first?.is_removed)],
    ['o1', '0001', '77', '1.10', '10', false],
  );
  assert.equal(JSON.parse(String(first?.delivery_schedule))[0].date, '2026-04-01');
  assert.deepEqual(
    [second?.quantity, second?.item_number, second?.price_net, Boolean(second?.is_removed), second?.removed_at],
    ['0.000000000000000001', null, null, true, '2026-02-02T00:00:00.000Z'],
  );
  assert.equal((await all('shipment_lines', 'external_id'))[0]?.shipment_id, 's1');
  const documents = await all('documents_current', 'id');
  assert.deepEqual(
    documents.map((row) => [row.id, row.order_id, row.shipment_id, row.name, row.code]),
    [
      ['d1', 'o1', null, 'drawing.pdf', 'C'],
      ['d2', null, 's1', 'drawing.pdf', 'C'],
    ],
  );
  const feed = await all('feed', 'position');
  const told: Row[] = (await api.get('/changes')).json.data;
  assert.deepEqual(
    feed.map((row) => [row.change_id, row.id, row.version, row.event_type, JSON.parse(String(row.diff))]),
    told.map((one) => [one.changeId, one.id, one.version, (one.cause as Row).eventType, one.diff]),
  );
  if (engine === 'postgres') {
    const [type] = await api.db.read.all<Row>('select pg_typeof(total)::text as type from orders limit 1');
    assert.equal(type?.type, 'numeric');
    assert.equal((await all('records', 'id'))[0]?.total, null, 'a total that is no number makes no view fail');
  }
});

testOnEngines('views whose definition has changed are recreated, and keep their grants', async (_t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  const db = await openDatabase(url);
  try {
    if (engine === 'postgres') {
      await db
        .write(async (sql) => {
          await sql.all('create role orders_report_test').catch(() => []);
        })
        .catch(() => {});
      await db.write((sql) => sql.all('grant select on orders to orders_report_test'));
    }
    await db.write((sql) => sql.all(`update view_definitions set definition = 'older' where name = 'orders'`));
    await db.close();
    const again = await openDatabase(url);
    assert.deepEqual(await again.read.all('select id from orders'), []);
    const [row] = await again.read.all<{ definition: string }>(`select definition from view_definitions where name = 'orders'`);
    assert.notEqual(row?.definition, 'older');
    if (engine === 'postgres') {
      const [may] = await again.read.all<Row>(`select has_table_privilege('orders_report_test', 'orders', 'select') as may`);
      assert.equal(may?.may, true);
    }
    await again.close();
  } finally {
    await db.close().catch(() => {});
    await drop();
  }
});
