import { type Request, Router } from 'express';
import { type DeliveryFilter, type DeliveryRow, listDeliveries, readDelivery, readTextFloor } from '../../../store/deliveries/list.ts';
import { readCursorsByCause } from '../../../store/feed/read-changes.ts';
import { readCauses } from '../../../views/causes.ts';
import type { RoutePorts } from '../ports.ts';
import { pathText, queryLimit, queryText, queryTime } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { rowsFrom, sendList } from '../sending/list-pages.ts';
import { sendResource } from '../sending/send-response.ts';
import { deliveryActions, noDelivery } from './delivery-actions.ts';

type Ports = Pick<RoutePorts, 'context' | 'replay' | 'previewReplay' | 'retry' | 'dismiss' | 'readSemaphore'>;

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
  const { readSemaphore } = ports;

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const after = queryText(request, 'after');
    const filter = filterOf(request);
    const floor = filter.text ? await readTextFloor(sql, readSequenceCursor('deliveries', after)) : 0;
    const read = async (text: string | null, most: number) => {
      const found = await listDeliveries(sql, filter, { before: readSequenceCursor('deliveries', text), floor, limit: most });
      const cursors = await readCursorsByCause(
        sql,
        found.map((row) => row.id),
      );
      return found.map((row) => ({
        cursor: listCursor('deliveries', [row.seq]),
        view: { ...deliveryView(row), changes: cursors.get(row.id) ?? [] },
      }));
    };
    const next = async () => (floor > 1 ? listCursor('deliveries', [floor]) : null);
    await sendList(request, response, readSemaphore, { after, limit, columns: COLUMNS, read, next });
  });

  router.get('/causes', async (request, response) => {
    const limit = queryLimit(request);
    const connection = queryText(request, 'connection');
    const read = async (text: string | null, most: number) => rowsFrom('causes', await readCauses(sql, { connection }), text, most);
    const after = queryText(request, 'after');
    await sendList(request, response, readSemaphore, { after, limit, columns: CAUSE_COLUMNS, read, batchRows: limit + 1 });
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
