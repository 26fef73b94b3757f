import { type Request, type Response, Router } from 'express';
import { Refused } from '../../domain/errors.ts';
import type { ReplayFetch, ReplayFilter } from '../../processing/replay.ts';
import { type DeliveryRow, listDeliveries, readDelivery } from '../../store/deliveries/list.ts';
import { readCursorsByCause } from '../../store/feed/read-changes.ts';
import { listCursor, readSequenceCursor } from './cursors.ts';
import type { ApiPorts } from './ports.ts';
import { pathText, queryLimit, queryText, queryTime, timeOf } from './query.ts';
import { cutPage, sendJson, sendList, sendResource } from './send-response.ts';

type Ports = Pick<ApiPorts, 'context' | 'replay' | 'previewReplay'>;

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
});

const COLUMNS = [...Object.keys(deliveryView({} as DeliveryRow)), 'changes'];

export function deliveryRoutes(ports: Ports): Router {
  const router = Router();
  const sql = ports.context.db.read;

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = {
      state: queryText(request, 'state'),
      connection: queryText(request, 'connection'),
      subject: queryText(request, 'subject'),
      eventType: queryText(request, 'eventType'),
      from: queryTime(request, 'from'),
      to: queryTime(request, 'to'),
    };
    const before = readSequenceCursor('deliveries', queryText(request, 'after'));
    const found = await listDeliveries(sql, filter, { before, limit: limit + 1 });
    const page = cutPage(found, limit, (row) => listCursor('deliveries', [row.seq]));
    const cursors = await readCursorsByCause(
      sql,
      page.rows.map((row) => row.id),
    );
    const rows = page.rows.map((row) => ({ ...deliveryView(row), changes: cursors.get(row.id) ?? [] }));
    await sendList(request, response, { rows, next: page.next, columns: COLUMNS });
  });

  router.post('/replay', async (request, response) => {
    const { filter, fetch, preview } = readReplay(request.body);
    if (preview) await sendPreview(ports, request, response, filter, fetch);
    else await startReplay(ports, request, response, filter, fetch);
  });

  router.get('/:id', async (request, response) => {
    const delivery = await readDelivery(sql, pathText(request, 'id'));
    if (!delivery) throw notHere();
    const changes = (await readCursorsByCause(sql, [delivery.id])).get(delivery.id) ?? [];
    const { method, path, contentType, headers, body, bodyEncoding } = delivery;
    await sendResource(request, response, { ...deliveryView(delivery), method, path, contentType, headers, body, bodyEncoding, changes });
  });

  router.post('/:id/replay', async (request, response) => {
    const id = pathText(request, 'id');
    if (!(await readDelivery(sql, id))) throw notHere();
    const { fetch, preview } = readReplay(request.body);
    const filter = { ...NO_FILTER, ids: [id] };
    if (preview) await sendPreview(ports, request, response, filter, fetch);
    else await startReplay(ports, request, response, filter, fetch);
  });
  return router;
}

const notHere = () => new Refused(404, 'not_found', 'There is no delivery of this id.');

async function startReplay(ports: Ports, request: Request, response: Response, filter: ReplayFilter, fetch: ReplayFetch): Promise<void> {
  const number = await ports.replay(filter, fetch);
  response.status(202);
  await sendJson(request, response, { number });
}

async function sendPreview(ports: Ports, request: Request, response: Response, filter: ReplayFilter, fetch: ReplayFetch): Promise<void> {
  const { number, complete, changes } = await ports.previewReplay(filter, fetch);
  await sendJson(request, response, { preview: true, number, complete, changes });
}

const NO_FILTER: ReplayFilter = { ids: null, state: null, connection: null, subject: null, from: null, to: null };

interface ReplayBody {
  filter?: ReplayBody;
  ids?: string[];
  state?: string;
  connection?: string;
  subject?: string;
  from?: string;
  to?: string;
  fetch?: ReplayFetch;
  preview?: boolean;
}

/** The filter stands in `filter`, or its members stand in the body itself. */
function readReplay(body: unknown): { filter: ReplayFilter; fetch: ReplayFetch; preview: boolean } {
  const asked = (body ?? {}) as ReplayBody;
  const { ids, state, connection, subject, from, to } = { ...asked, ...asked.filter };
  return {
    filter: {
      ids: ids ?? null,
      state: state ?? null,
      connection: connection ?? null,
      subject: subject ?? null,
      from: from === undefined ? null : timeOf(from, 'from'),
      to: to === undefined ? null : timeOf(to, 'to'),
    },
    fetch: asked.fetch ?? 'fresh',
    preview: asked.preview ?? false,
  };
}
