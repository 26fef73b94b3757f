import { type Request, Router } from 'express';
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
import { handlersWith, type Route } from '../route.ts';
import { listCursor, readListCursor } from '../sending/cursors.ts';
import { type ListRow, sendList } from '../sending/list-pages.ts';
import { cutRows, type ReadRows } from '../sending/row-pages.ts';
import { sendJson, sendResource } from '../sending/send-response.ts';
import { sendRows } from '../sending/send-rows.ts';
import { includeParam, sendFeedPage } from './changes.ts';
import { ackFrom, consumerFrom, receiptsFrom } from './consumer-body.ts';
import { endOf, readPage } from './feed.ts';

type Ports = Pick<RoutePorts, 'context' | 'stop' | 'readSemaphore'>;

const RECEIPT_COLUMNS = ['cursor', 'changeId', 'status', 'reference', 'reason', 'at', 'connection', 'kind', 'id', 'externalId', 'version'];

export function consumerRoutes(ports: Ports): Router {
  const handle = handlersWith(ports);
  const router = Router();
  router.get('/', handle(sendConsumers));
  router.put('/:name', handle(putConsumer));
  router.get('/:name', handle(sendConsumer));
  router.delete('/:name', handle(deleteConsumer));
  router.get('/:name/changes', handle(sendChanges));
  router.post('/:name/ack', handle(acknowledgeChanges));
  router.post('/:name/receipts', handle(putReceipts));
  router.get('/:name/receipts', handle(sendReceipts));
  router.get('/:name/outstanding', handle(sendOutstanding));
  return router;
}

const named = ({ context }: Ports, request: Request): Promise<ConsumerRow> => requireConsumer(context.db.read, pathText(request, 'name'));

const viewOf = async ({ context }: Ports, consumer: ConsumerRow) =>
  consumerView(consumer, await readLag(context.db.read, consumer, context.clock.now()));

const sendConsumers: Route<Ports> = async (ports, request, response) => {
  const limit = queryLimit(request);
  const read = async (text: string | null, most: number) => {
    const after = text === null ? null : String(readListCursor('consumers', text)[0]);
    const rows: ListRow[] = [];
    for (const consumer of await listConsumers(ports.context.db.read, { after, limit: most }))
      rows.push({ cursor: listCursor('consumers', [consumer.name]), view: await viewOf(ports, consumer) });
    return rows;
  };
  await sendList(request, response, ports.readSemaphore, { after: queryText(request, 'after'), limit, columns: CONSUMER_COLUMNS, read });
};

const sendConsumer: Route<Ports> = async (ports, request, response) =>
  sendResource(request, response, await viewOf(ports, await named(ports, request)));

const putConsumer: Route<Ports> = async (ports, request, response) => {
  const { created } = await registerConsumer(ports.context, pathText(request, 'name'), consumerFrom(request.body));
  response.status(created ? 201 : 200);
  await sendJson(request, response, await viewOf(ports, await named(ports, request)));
};

const deleteConsumer: Route<Ports> = async ({ context }, request, response) => {
  await dropConsumer(context, pathText(request, 'name'));
  response.status(204).end();
};

const sendChanges: Route<Ports> = async (ports, request, response) => {
  const consumer = await named(ports, request);
  const waitMs = (queryNumber(request, 'wait') ?? 0) * 1000;
  const after = await confirmPosition(ports.context.db.read, consumer);
  const query = { filter: consumer.filter, parts: includeParam(request), after, limit: queryLimit(request), waitMs };
  const page = await readPage(ports, query, endOf(response, ports.stop));
  await recordRead(ports.context, consumer, page.next);
  await sendFeedPage(ports, request, response, page, query.parts);
};

const acknowledgeChanges: Route<Ports> = async (ports, request, response) => {
  const { cursor, force } = ackFrom(request.body, mayActAs(callerOf(response).role, 'operator'));
  await acknowledge(ports.context, pathText(request, 'name'), cursor, force);
  await sendJson(request, response, await viewOf(ports, await named(ports, request)));
};

const putReceipts: Route<Ports> = async ({ context }, request, response) =>
  sendJson(request, response, { number: await saveReceipts(context, pathText(request, 'name'), receiptsFrom(request.body)) });

const sendReceipts: Route<Ports> = async (ports, request, response) => {
  const sql = ports.context.db.read;
  const { name } = await named(ports, request);
  const limit = queryLimit(request);
  const status = queryText(request, 'status');
  const read = async (text: string | null, most: number) => {
    const { position: after } = await findPosition(sql, text);
    const found = await listReceipts(sql, name, { status, after, limit: most });
    return found.map(({ position: _position, ...view }) => ({ cursor: view.cursor, view }));
  };
  await sendList(request, response, ports.readSemaphore, { after: queryText(request, 'after'), limit, columns: RECEIPT_COLUMNS, read });
};

const sendOutstanding: Route<Ports> = async (ports, request, response) => {
  const { context, readSemaphore } = ports;
  const sql = context.db.read;
  const consumer = await named(ports, request);
  const limit = queryLimit(request);
  const requested = await findPosition(sql, queryText(request, 'after'));
  const after = furthest([requested.position, consumer.startPosition]);
  const upTo = furthest([consumer.position, consumer.lastRead?.position ?? FEED_BEGINNING.position]);
  const nowMs = context.clock.now().getTime();
  const read: ReadRows = async (from, to, most) => {
    const found = await readOutstanding(sql, consumer.name, consumer.filter, { after: from, upTo: to, limit: most });
    return found.map((change) => ({ ...change, text: JSON.stringify(outstandingView(change, nowMs)) }));
  };
  await sendRows(request, response, readSemaphore, async () => {
    const sizes = await readOutstandingSizes(sql, consumer.name, consumer.filter, { after, upTo, limit: limit + 1 });
    const page = cutRows(after, sizes, limit, read);
    const next = page.hasMore ? (sizes[page.count - 1]?.cursor ?? null) : null;
    return { page, next, columns: [...CHANGE_COLUMNS, 'ageMs', 'receipt'] };
  });
};

const outstandingView = (change: OutstandingRow, nowMs: number) => ({
  ...changeObject(change),
  ageMs: Math.max(0, nowMs - Date.parse(change.at)),
  receipt:
    change.receiptAt === null
      ? null
      : { status: 'rejected', reference: change.receiptReference, reason: change.receiptReason, at: change.receiptAt },
});

const furthest = (positions: readonly string[]): string => positions.reduce((one, other) => (BigInt(one) > BigInt(other) ? one : other));
