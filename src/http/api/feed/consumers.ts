import { type Request, Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { acknowledge, dropConsumer, recordRead, registerConsumer } from '../../../feed/consumers.ts';
import { saveReceipts } from '../../../feed/receipts.ts';
import { type ConsumerRow, listConsumers, readConsumer } from '../../../store/feed/list-consumers.ts';
import { type FeedFilter, readOutstanding } from '../../../store/feed/read-changes.ts';
import type { Receipt } from '../../../store/feed/receipts.ts';
import { CHANGE_COLUMNS, changeObject } from '../../../views/change.ts';
import { listCursor, readFeedCursor, readListCursor } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import { pathText, queryLimit, queryNumber, queryText } from '../query.ts';
import { cutPage, sendJson, sendList, sendResource } from '../send-response.ts';
import { sendFeedPage } from './changes.ts';
import { endOf, readPage } from './feed.ts';

type Ports = Pick<ApiPorts, 'context' | 'stop'>;

const COLUMNS = ['name', 'position', 'kind', 'connection', 'createdAt', 'lastReadAt', 'lastReadPosition', 'lastAckAt'];

const consumerView = (consumer: ConsumerRow) => ({
  name: consumer.name,
  position: consumer.position,
  kind: consumer.filter.kinds,
  connection: consumer.filter.connections,
  createdAt: consumer.createdAt,
  lastReadAt: consumer.lastReadAt,
  lastReadPosition: consumer.lastReadPosition,
  lastAckAt: consumer.lastAckAt,
});

export function consumerRoutes(ports: Ports): Router {
  const router = Router();
  const { context } = ports;
  const sql = context.db.read;
  const named = async (request: Request): Promise<ConsumerRow> => {
    const consumer = await readConsumer(sql, pathText(request, 'name'));
    if (!consumer) throw new Refused(404, 'not_found', `There is no consumer named ${pathText(request, 'name')}.`);
    return consumer;
  };

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const text = queryText(request, 'after');
    const after = text === null ? null : String(readListCursor('consumers', text)[0]);
    const page = cutPage(await listConsumers(sql, { after, limit: limit + 1 }), limit, (row) => listCursor('consumers', [row.name]));
    await sendList(request, response, { rows: page.rows.map(consumerView), next: page.next, columns: COLUMNS });
  });

  router.put('/:name', async (request, response) => {
    const { created } = await registerConsumer(context, pathText(request, 'name'), filterOf(request.body));
    response.status(created ? 201 : 200);
    await sendJson(request, response, consumerView(await named(request)));
  });

  router.get('/:name', async (request, response) => sendResource(request, response, consumerView(await named(request))));

  router.delete('/:name', async (request, response) => {
    await dropConsumer(context, pathText(request, 'name'));
    response.status(204).end();
  });

  router.get('/:name/changes', async (request, response) => {
    const consumer = await named(request);
    const waitMs = (queryNumber(request, 'wait') ?? 0) * 1000;
    const wanted = { filter: consumer.filter, after: consumer.position, limit: queryLimit(request), waitMs };
    const page = await readPage(ports, wanted, endOf(response, ports.stop));
    await recordRead(context, consumer, page.at(-1)?.cursor ?? consumer.position);
    await sendFeedPage(request, response, page, consumer.position);
  });

  router.post('/:name/ack', async (request, response) => {
    const { cursor, force = false } = request.body as { cursor: string; force?: boolean };
    await acknowledge(context, pathText(request, 'name'), readFeedCursor(cursor), force);
    await sendJson(request, response, consumerView(await named(request)));
  });

  router.post('/:name/receipts', async (request, response) => {
    const { receipts } = request.body as { receipts: ReceiptBody[] };
    await sendJson(request, response, { number: await saveReceipts(context, pathText(request, 'name'), receipts.map(receiptOf)) });
  });

  router.get('/:name/outstanding', async (request, response) => {
    const consumer = await named(request);
    const limit = queryLimit(request);
    const upTo = furthest(consumer);
    const after = readFeedCursor(queryText(request, 'after'));
    const found = await readOutstanding(sql, consumer.name, consumer.filter, { after, upTo, limit: limit + 1 });
    const page = cutPage(found, limit, (change) => change.cursor);
    const nowMs = context.clock.now().getTime();
    const rows = page.rows.map((change) => ({ ...changeObject(change), ageMs: Math.max(0, nowMs - Date.parse(change.at)) }));
    await sendList(request, response, { rows, next: page.next, columns: [...CHANGE_COLUMNS, 'ageMs'] });
  });
  return router;
}

interface ReceiptBody {
  cursor: string;
  status: Receipt['status'];
  reference?: string | null;
  reason?: string | null;
}

const receiptOf = (body: ReceiptBody): Receipt => ({
  cursor: readFeedCursor(body.cursor),
  status: body.status,
  reference: body.reference ?? null,
  reason: body.reason ?? null,
});

/** What counts as pulled: everything up to the furthest position that was read or acknowledged. */
function furthest({ position, lastReadPosition }: ConsumerRow): string {
  return lastReadPosition !== null && BigInt(lastReadPosition) > BigInt(position) ? lastReadPosition : position;
}

function filterOf(body: unknown): FeedFilter {
  const { kind, connection } = (body ?? {}) as { kind?: unknown; connection?: unknown };
  return { kinds: listOrNull(kind), connections: listOrNull(connection) };
}

const listOrNull = (value: unknown): string[] | null =>
  value === undefined || value === null ? null : Array.isArray(value) ? value.map(String) : [String(value)];
