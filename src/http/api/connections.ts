import { type Request, Router } from 'express';
import { z } from 'zod';
import { Refused } from '../../domain/errors.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import { readRun } from '../../store/reconciliation/list-runs.ts';
import { runView } from '../../views/run.ts';
import type { ApiPorts } from './ports.ts';
import { pathText, queryLimit, queryText, timeOf } from './query.ts';
import { listCursor, readListCursor, readSequenceCursor } from './sending/cursors.ts';
import { cutPage, sendJson, sendList, sendResource } from './sending/send-response.ts';

// The OpenAPI validator has checked the body; the schema only gives it a type.
const reconcileBody = z.object({ since: z.string().nullish() });

type Ports = Pick<ApiPorts, 'context' | 'health' | 'coverage' | 'rejections' | 'reconcile'>;

const COLUMNS = [
  'name',
  'platform',
  'lastDeliveryAt',
  'lastSuccessAt',
  'backlog',
  'oldestWaitingAt',
  'circuit',
  'watermark',
  'lagMs',
  'answers',
  'failureBudget',
  'silence',
  'latency',
  'credentials',
  'registrations',
];

export function connectionRoutes(ports: Ports): Router {
  const router = Router();
  const { connections, db } = ports.context;
  const view = async (connection: Connection) => ({
    name: connection.name,
    platform: connection.platform.name,
    reconcile: connection.reconcile,
    ...(await ports.health(connection)),
  });
  const named = (request: Request): Connection => {
    const connection = connections.get(pathText(request, 'name'));
    if (!connection) throw new Refused(404, 'not_found', `There is no connection named ${pathText(request, 'name')}.`);
    return connection;
  };

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const text = queryText(request, 'after');
    const after = text === null ? '' : String(readListCursor('connections', text)[0]);
    const all = connections.list().filter((connection) => connection.name > after);
    const sorted = all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const page = sorted.slice(0, limit);
    const last = page.at(-1);
    const next = last && sorted.length > limit ? listCursor('connections', [last.name]) : null;
    await sendList(request, response, { rows: await Promise.all(page.map(view)), next, columns: COLUMNS });
  });

  router.get('/:name', async (request, response) => sendResource(request, response, await view(named(request))));

  router.get('/:name/coverage', async (request, response) => {
    const start = readSequenceCursor('coverage', queryText(request, 'after')) ?? 0;
    const end = start + queryLimit(request);
    const spans = await ports.coverage(named(request));
    const rows = spans.slice(start, end).map(({ from, to, state, reason, runId }) => ({ from, to, state, reason, runId: runId ?? null }));
    const next = spans.length > end ? listCursor('coverage', [end]) : null;
    await sendList(request, response, { rows, next, columns: ['from', 'to', 'state', 'reason', 'runId'] });
  });

  router.get('/:name/rejections', async (request, response) => {
    const limit = queryLimit(request);
    const before = readSequenceCursor('rejections', queryText(request, 'after'));
    const found = await ports.rejections(named(request), { before, limit: limit + 1 });
    const page = cutPage(found, limit, (row) => listCursor('rejections', [row.seq]));
    const rows = page.rows.map(({ seq: _seq, ...row }) => row);
    await sendList(request, response, { ...page, rows, columns: ['at', 'address', 'status', 'code', 'reason', 'credential'] });
  });

  router.post('/:name/reconcile', async (request, response) => {
    const { since = null } = reconcileBody.parse(request.body ?? {});
    const id = await ports.reconcile(named(request), since === null ? null : timeOf(since, 'since'));
    const run = await readRun(db.read, id);
    if (!run) throw new Refused(409, 'reconcile_not_started', 'The run could not be started.');
    response.status(202).location(`${request.baseUrl.replace(/\/connections$/, '')}/reconcile-runs/${id}`);
    await sendJson(request, response, { ...runView(run), gaps: [] });
  });
  return router;
}
