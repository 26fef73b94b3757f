import { type Request, type Response, Router } from 'express';
import { FEED_BEGINNING } from '../../../domain/entities/feed-cursor.ts';
import { mayActAs } from '../../../domain/role.ts';
import { acknowledge, confirmPosition, dropConsumer, recordRead, registerConsumer, requireConsumer } from '../../../feed/consumers.ts';
import { findPosition } from '../../../feed/find-position.ts';
import { readLag } from '../../../feed/lag.ts';
import { saveReceipts } from '../../../feed/receipts.ts';
import { type ConsumerRow, listConsumers } from '../../../store/feed/list-consumers.ts';
import { listReceipts } from '../../../store/feed/list-receipts.ts';
import { type OutstandingRow, readOutstanding } from '../../../store/feed/read-changes.ts';
import { readOutstandingSizes } from '../../../store/feed/read-sizes.ts';
import { CHANGE_COLUMNS, changeObject } from '../../../views/change.ts';
import { CONSUMER_COLUMNS, consumerView } from '../../../views/consumer.ts';
import { callerOf } from '../auth.ts';
import type { RoutePorts } from '../ports.ts';
import { pathText, queryLimit, queryNumber, queryText } from '../query.ts';
import { listCursor, readListCursor } from '../sending/cursors.ts';
import { type ListRow, sendList } from '../sending/list-pages.ts';
import { cutRows, type ReadRows } from '../sending/row-pages.ts';
import { sendJson, sendResource } from '../sending/send-response.ts';
import { sendRows } from '../sending/send-rows.ts';
import { includeParam, sendFeedPage } from './changes.ts';
import { ackFrom, consumerFrom, receiptsFrom } from './consumer-body.ts';
import { endOf, readPage } from './feed.ts';

type Ports = Pick<RoutePorts, 'context' | 'stop' | 'slots'>;

const RECEIPT_COLUMNS = ['cursor', 'changeId', 'status', 'reference', 'reason', 'at', 'connection', 'kind', 'id', 'externalId', 'version'];

export function consumerRoutes(ports: Ports): Router {
  const router = Router();
  const { context } = ports;
  const sql = context.db.read;
  const named = (request: Request): Promise<ConsumerRow> => requireConsumer(sql, pathText(request, 'name'));
  const view = async (consumer: ConsumerRow) => consumerView(consumer, await readLag(sql, consumer, context.clock.now()));

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const read = async (text: string | null, most: number) => {
      const after = text === null ? null : String(readListCursor('consumers', text)[0]);
      const rows: ListRow[] = [];
      for (const consumer of await listConsumers(sql, { after, limit: most }))
        rows.push({ cursor: listCursor('consumers', [consumer.name]), view: await view(consumer) });
      return rows;
    };
    await sendList(request, response, ports.slots, { after: queryText(request, 'after'), limit, columns: CONSUMER_COLUMNS, read });
  });

  router.put('/:name', async (request, response) => {
    const { created } = await registerConsumer(context, pathText(request, 'name'), consumerFrom(request.body));
    response.status(created ? 201 : 200);
    await sendJson(request, response, await view(await named(request)));
  });

  router.get('/:name', async (request, response) => sendResource(request, response, await view(await named(request))));

  router.delete('/:name', async (request, response) => {
    await dropConsumer(context, pathText(request, 'name'));
    response.status(204).end();
  });

  router.get('/:name/changes', async (request, response) => {
    const consumer = await named(request);
    const waitMs = (queryNumber(request, 'wait') ?? 0) * 1000;
    const after = await confirmPosition(sql, consumer);
    const asked = { filter: consumer.filter, parts: includeParam(request), after, limit: queryLimit(request), waitMs };
    const page = await readPage(ports, asked, endOf(response, ports.stop));
    await recordRead(context, consumer, page.next);
    await sendFeedPage(ports, request, response, page, asked.parts);
  });

  router.post('/:name/ack', async (request, response) => {
    const { cursor, force } = ackFrom(request.body, mayActAs(callerOf(response).role, 'operator'));
    await acknowledge(context, pathText(request, 'name'), cursor, force);
    await sendJson(request, response, await view(await named(request)));
  });

  router.post('/:name/receipts', async (request, response) => {
    await sendJson(request, response, { number: await saveReceipts(context, pathText(request, 'name'), receiptsFrom(request.body)) });
  });

  router.get('/:name/receipts', async (request, response) => {
    const { name } = await named(request);
    const limit = queryLimit(request);
    const status = queryText(request, 'status');
    const read = async (text: string | null, most: number) => {
      const { position: after } = await findPosition(sql, text);
      const found = await listReceipts(sql, name, { status, after, limit: most });
      return found.map(({ position: _position, ...view }) => ({ cursor: view.cursor, view }));
    };
    await sendList(request, response, ports.slots, { after: queryText(request, 'after'), limit, columns: RECEIPT_COLUMNS, read });
  });

  router.get('/:name/outstanding', async (request, response) => sendOutstanding(ports, request, response, await named(request)));
  return router;
}

async function sendOutstanding({ context, slots }: Ports, request: Request, response: Response, consumer: ConsumerRow): Promise<void> {
  const sql = context.db.read;
  const limit = queryLimit(request);
  const asked = await findPosition(sql, queryText(request, 'after'));
  const after = furthest([asked.position, consumer.startPosition]);
  const upTo = furthest([consumer.position, consumer.lastRead?.position ?? FEED_BEGINNING.position]);
  const nowMs = context.clock.now().getTime();
  const read: ReadRows = async (from, to, most) => {
    const found = await readOutstanding(sql, consumer.name, consumer.filter, { after: from, upTo: to, limit: most });
    return found.map((change) => ({ ...change, text: JSON.stringify(outstandingView(change, nowMs)) }));
  };
  await sendRows(request, response, slots, async () => {
    const sizes = await readOutstandingSizes(sql, consumer.name, consumer.filter, { after, upTo, limit: limit + 1 });
    const page = cutRows(after, sizes, limit, read);
    const next = page.hasMore ? (sizes[page.count - 1]?.cursor ?? null) : null;
    return { page, next, columns: [...CHANGE_COLUMNS, 'ageMs', 'receipt'] };
  });
}

const outstandingView = (change: OutstandingRow, nowMs: number) => ({
  ...changeObject(change),
  ageMs: Math.max(0, nowMs - Date.parse(change.at)),
  receipt:
    change.receiptAt === null
      ? null
      : { status: 'rejected', reference: change.receiptReference, reason: change.receiptReason, at: change.receiptAt },
});

const furthest = (positions: readonly string[]): string => positions.reduce((one, other) => (BigInt(one) > BigInt(other) ? one : other));
