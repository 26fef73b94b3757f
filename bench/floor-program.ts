import { randomUUID } from 'node:crypto';
import { packNow, unpackNow } from '../src/domain/values/packed-bytes.ts';
import { type Database, openDatabase, pipelined, type Sql } from '../src/store/engine/database.ts';
import { columnList, placed, rowsParameter } from '../src/store/engine/rows.ts';
import { sampleEvent } from './sample.ts';

// The lower bound: a plain program that stores orders and applies them, with the same rows in the same transactions as the service, and nothing
// else: no HTTP, no credentials, no platform, no comparison, no log. `floor-program.ts URL store|apply|both COUNT`; the seconds it took are sent to
// the parent process.
const [url = '', mode = 'both', count = '0'] = process.argv.slice(2);
const GROUP = 100;
const LANES = 2;
const AT = '2026-02-01T10:00:00.000Z';

let next = 0;
let applied = 0;

async function run(db: Database): Promise<void> {
  while (next < Number(count)) {
    const bodies = Array.from({ length: Math.min(GROUP, Number(count) - next) }, () => sampleEvent(`floor-${next++}`));
    if (mode !== 'apply') await db.write((sql) => store(sql, bodies));
    if (mode !== 'store') applied += await db.write(apply);
  }
}

const DELIVERY = { id: 'text', dedupe_key: 'text', subject: 'text', body_sha256: 'text' } as const;

async function store(sql: Sql, bodies: readonly string[]): Promise<void> {
  const rows = bodies.map((body) => {
    const id = randomUUID();
    return { id, dedupe_key: `id:${id}`, subject: `order:${id}`, body_sha256: id, headers: '{}', body };
  });
  await sql.all(
    `insert into deliveries (${columnList(DELIVERY)}, connection, platform, state, method, path, notification, mergeable, received_at, next_attempt_at)
     select ${columnList(DELIVERY, 'rows.')}, 'floor', 'tradecloud', 'pending', 'POST', '/orders', ?, ?, '${AT}', '${AT}'
     from ${sql.dialect.rowsOf(DELIVERY)} where true`,
    [false, false, rowsParameter(rows)],
  );
  const contents = rows.map(({ id, headers, body }) => {
    const bytes = Buffer.from(body);
    return { id, body_bytes: bytes.length, packed: packNow(Buffer.concat([Buffer.from(`${headers}\n`), bytes])) };
  });
  const { rows: places, bytes } = placed(contents);
  await sql.all(
    `insert into delivery_contents (seq, body_bytes, packed) select d.seq, rows.body_bytes, ${sql.dialect.slice}
     from ${sql.dialect.rowsOf(CONTENT)} cross join deliveries d where d.id = rows.id`,
    [bytes, rowsParameter(places)],
  );
}

const CONTENT = { id: 'text', body_bytes: 'integer', at: 'integer', bytes: 'integer' } as const;

interface Taken {
  seq: number | string;
  id: string;
  packed: Buffer;
}

async function apply(sql: Sql): Promise<number> {
  const taken = await sql.all<Taken>(
    `with due as (select d.* from deliveries d where d.state = 'pending' and not d.notification and d.next_attempt_at <= '9'
       order by d.next_attempt_at, d.seq limit ${GROUP} ${sql.dialect.skipLocked('d')})
     select due.seq, due.id, c.packed from due join delivery_contents c on c.seq = due.seq`,
  );
  if (taken.length === 0) return 0;
  const orders = taken.map(({ id, packed }) => {
    const bytes = unpackNow(packed);
    return { id, delivery: id, ...JSON.parse(bytes.toString('utf8', bytes.indexOf(10) + 1)).orderEvent };
  });
  await sql.all(
    `select e.id from ${sql.dialect.rowsOf({ external_id: 'text' })} cross join entities e
     where e.connection = 'floor' and e.kind = 'order' and e.external_id = rows.external_id ${sql.dialect.lockRows('e')}`,
    [rowsParameter(orders.map(({ orderId }) => ({ external_id: orderId })))],
  );
  await pipelined(sql, [() => endDeliveries(sql, taken), () => insertEntities(sql, orders), () => append(sql, orders)]);
  return taken.length;
}

const endDeliveries = (sql: Sql, taken: readonly Taken[]) =>
  sql.all(
    `update deliveries set state = 'done', finished_at = '${AT}', attempts = rows.attempts from ${sql.dialect.rowsOf({ seq: 'integer', attempts: 'text' })}
     where deliveries.seq = rows.seq and deliveries.state = 'pending'`,
    [rowsParameter(taken.map(({ seq }) => ({ seq: Number(seq), attempts: `[{"at":"${AT}","outcome":"done","error":null,"tookMs":1}]` })))],
  );

interface Order {
  id: string;
  delivery: string;
  orderId: string;
  buyerOrder: { purchaseOrderNumber: string };
  lines: { id: string; buyerLine: { position: string } }[];
}

const ENTITY = { id: 'text', external_id: 'text', number: 'text', header: 'json', lines: 'json', at: 'integer', bytes: 'integer' } as const;

function insertEntities(sql: Sql, orders: readonly Order[]) {
  const { rows, bytes } = placed(
    orders.map(({ id, delivery: _delivery, lines, ...head }) => ({
      id,
      external_id: head.orderId,
      number: head.buyerOrder.purchaseOrderNumber,
      header: Object.values(head),
      lines: lines.map((line) => [line.id, Object.values(line.buyerLine)]),
      packed: packNow(Buffer.from(JSON.stringify([head, ...lines]))),
    })),
  );
  return sql.all(
    `insert into entities (id, external_id, number, header, lines, sources, connection, platform, kind, version, created_at, updated_at)
     select rows.id, rows.external_id, rows.number, rows.header, rows.lines, ${sql.dialect.slice}, 'floor', 'tradecloud', 'order', 1, '${AT}', '${AT}'
     from ${sql.dialect.rowsOf(ENTITY)} where true`,
    [bytes, rowsParameter(rows)],
  );
}

const CHANGE = { ordinal: 'integer', entity_id: 'text', external_id: 'text', diff: 'text', change_id: 'text', cause_id: 'text' } as const;

const append = (sql: Sql, orders: readonly Order[]) =>
  pipelined(sql, [
    () => sql.all('update feed_head set position = position + ? where id = 1', [orders.length]),
    () =>
      sql.all(
        `insert into changes (seq, entity_id, external_id, diff, change_id, cause_id, at, connection, kind, action, version, lines, state, cause_type)
         select (select position from feed_head where id = 1) - ${orders.length} + rows.ordinal, rows.entity_id, rows.external_id, rows.diff, rows.change_id,
           rows.cause_id, '${AT}', 'floor', 'order', 'created', 1, '[]', '{}', 'delivery'
         from ${sql.dialect.rowsOf(CHANGE)} where true`,
        [
          rowsParameter(
            orders.map((order, index) => ({
              ordinal: index + 1,
              entity_id: order.id,
              external_id: order.orderId,
              diff: JSON.stringify(order.lines).slice(0, 750),
              change_id: randomUUID(),
              cause_id: order.delivery,
            })),
          ),
        ],
      ),
  ]);

const db = await openDatabase(url);
const pool = db.dialect.name === 'postgres' ? LANES : 1;
const startedMs = performance.now();
const before = process.cpuUsage();
await Promise.all(Array.from({ length: pool }, () => run(db)));
const used = process.cpuUsage(before);
process.send?.({ seconds: (performance.now() - startedMs) / 1000, cpuMs: (used.user + used.system) / 1000, orders: applied });
await db.close();
