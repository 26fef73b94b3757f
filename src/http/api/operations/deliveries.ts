import { type Request, Router } from 'express';
import { type DeliveryFilter, type DeliveryRow, listDeliveries, readDelivery, readTextFloor } from '../../../store/deliveries/list.ts';
import { readCursorsByCause } from '../../../store/feed/read-changes.ts';
import { readCauses } from '../../../views/causes.ts';
import type { ApiPorts } from '../ports.ts';
import { pathText, queryLimit, queryText, queryTime } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { cutPage, sendList, sendResource } from '../sending/send-response.ts';
import { deliveryActions, noDelivery } from './delivery-actions.ts';

type Ports = Pick<ApiPorts, 'context' | 'replay' | 'previewReplay' | 'retry' | 'dismiss'>;

const deliveryView = (delivery: DeliveryRow) => ({
  id: delivery.id,
  connection: delivery.connection,
  platform: delivery.platform,
  state: delivery.state,
  eventType: delivery.eventType,
  eventId: delivery.eventId,
  subject: delivery.subject,
  receivedAt: delivery.receivedAt,
  finishedAt: delivery.finishedAt,
  duplicates: delivery.duplicates,
  conflict: delivery.conflict,
  attempts: delivery.attempts,
  error: delivery.error,
  nextAttemptAt: delivery.nextAttemptAt,
  handled: delivery.handled,
});

const COLUMNS = [
  ...['id', 'connection', 'platform', 'state', 'eventType', 'eventId', 'subject', 'receivedAt', 'finishedAt', 'duplicates'],
  ...['conflict', 'attempts', 'error', 'nextAttemptAt', 'handled', 'changes'],
] as const satisfies readonly (keyof ReturnType<typeof deliveryView> | 'changes')[];
const CAUSE_COLUMNS = ['code', 'cause', 'connections', 'event', 'count', 'dead', 'waiting', 'first', 'last', 'sampleId'];

export function deliveryRoutes(ports: Ports): Router {
  const router = Router();
  const sql = ports.context.db.read;

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const before = readSequenceCursor('deliveries', queryText(request, 'after'));
    const filter = filterOf(request);
    const found = await listDeliveries(sql, filter, { before, limit: limit + 1 });
    const page = cutPage(found, limit, (row) => listCursor('deliveries', [row.seq]));
    const floor = filter.text && page.next === null ? await readTextFloor(sql, before) : 0;
    const next = floor > 1 ? listCursor('deliveries', [floor]) : page.next;
    const cursors = await readCursorsByCause(
      sql,
      page.rows.map((row) => row.id),
    );
    const rows = page.rows.map((row) => ({ ...deliveryView(row), changes: cursors.get(row.id) ?? [] }));
    await sendList(request, response, { rows, next, columns: COLUMNS });
  });

  router.get('/causes', async (request, response) => {
    const rows = await readCauses(sql, { connection: queryText(request, 'connection') });
    await sendList(request, response, { rows: rows.slice(0, queryLimit(request)), next: null, columns: CAUSE_COLUMNS });
  });

  router.use(deliveryActions(ports));

  router.get('/:id', async (request, response) => {
    const delivery = await readDelivery(sql, pathText(request, 'id'));
    if (!delivery) throw noDelivery();
    const changes = (await readCursorsByCause(sql, [delivery.id])).get(delivery.id) ?? [];
    const { method, path, contentType, headers, body, bodyEncoding } = delivery;
    await sendResource(request, response, { ...deliveryView(delivery), method, path, contentType, headers, body, bodyEncoding, changes });
  });
  return router;
}

const filterOf = (request: Request): DeliveryFilter => ({
  state: queryText(request, 'state'),
  connection: queryText(request, 'connection'),
  subject: queryText(request, 'subject'),
  eventType: queryText(request, 'eventType'),
  event: queryText(request, 'event'),
  error: queryText(request, 'error'),
  text: queryText(request, 'text'),
  from: queryTime(request, 'from'),
  to: queryTime(request, 'to'),
});
