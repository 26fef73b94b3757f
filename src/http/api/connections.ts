import { type Request, Router } from 'express';
import { z } from 'zod';
import { Refused } from '../../domain/errors.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import { readRun } from '../../store/reconciliation/list-runs.ts';
import { runView } from '../../views/run.ts';
import type { RoutePorts } from './ports.ts';
import { pathText, queryLimit, queryText, timeOf } from './query.ts';
import { listCursor, readListCursor, readSequenceCursor } from './sending/cursors.ts';
import { rowsFrom, sendList } from './sending/list-pages.ts';
import { sendJson, sendResource } from './sending/send-response.ts';

// The OpenAPI validator has checked the body; the schema only gives it a type.
const reconcileBody = z.object({ since: z.string().nullish() });

type Ports = Pick<RoutePorts, 'context' | 'health' | 'coverage' | 'rejections' | 'reconcile' | 'slots'>;

const spanView = ({ from, to, state, reason, runId }: CoverageSpan) => ({ from, to, state, reason, runId: runId ?? null });

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
  const { slots } = ports;
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
    const read = async (text: string | null, most: number) => {
      const after = text === null ? '' : String(readListCursor('connections', text)[0]);
      const found = connections.list().filter((connection) => connection.name > after);
      const sorted = found.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, most);
      return Promise.all(sorted.map(async (one) => ({ cursor: listCursor('connections', [one.name]), view: await view(one) })));
    };
    await sendList(request, response, slots, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
  });

  router.get('/:name', async (request, response) => sendResource(request, response, await view(named(request))));

  router.get('/:name/coverage', async (request, response) => {
    const limit = queryLimit(request);
    const connection = named(request);
    const read = async (after: string | null, most: number) =>
      rowsFrom('coverage', (await ports.coverage(connection)).map(spanView), after, most);
    const columns = ['from', 'to', 'state', 'reason', 'runId'];
    await sendList(request, response, slots, { after: queryText(request, 'after'), limit, columns, read, batchRows: limit + 1 });
  });

  router.get('/:name/rejections', async (request, response) => {
    const limit = queryLimit(request);
    const connection = named(request);
    const read = async (after: string | null, most: number) =>
      (await ports.rejections(connection, { before: readSequenceCursor('rejections', after), limit: most })).map(({ seq, ...view }) => ({
        cursor: listCursor('rejections', [seq]),
        view,
      }));
    const columns = ['at', 'address', 'status', 'code', 'reason', 'credential'];
    await sendList(request, response, slots, { after: queryText(request, 'after'), limit, columns, read });
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
