import { type Request, Router } from 'express';
import { z } from 'zod';
import { Refused } from '../../domain/errors.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import { readRun } from '../../store/reconciliation/list-runs.ts';
import { runView } from '../../views/run.ts';
import type { RoutePorts } from './ports.ts';
import { pathText, queryLimit, queryText, timeOf } from './query.ts';
import { handlersWith, type Route } from './route.ts';
import { listCursor, readListCursor, readSequenceCursor } from './sending/cursors.ts';
import { rowsFrom, sendList } from './sending/list-pages.ts';
import { sendJson, sendResource } from './sending/send-response.ts';

// The OpenAPI validator has checked the body; the schema only gives it a type.
const reconcileBody = z.object({ since: z.string().nullish() });

type Ports = Pick<RoutePorts, 'context' | 'health' | 'coverage' | 'rejections' | 'reconcile' | 'readSemaphore'>;

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
  const handle = handlersWith(ports);
  const router = Router();
  router.get('/', handle(sendConnections));
  router.get('/:name', handle(sendConnection));
  router.get('/:name/coverage', handle(sendCoverage));
  router.get('/:name/rejections', handle(sendRejections));
  router.post('/:name/reconcile', handle(startRun));
  return router;
}

const viewOf = async ({ health }: Ports, connection: Connection) => ({
  name: connection.name,
  platform: connection.platform.name,
  reconcile: connection.reconcile,
  ...(await health(connection)),
});

function named({ context }: Ports, request: Request): Connection {
  const connection = context.connections.get(pathText(request, 'name'));
  if (!connection) throw new Refused(404, 'not_found', `There is no connection named ${pathText(request, 'name')}.`);
  return connection;
}

const sendConnections: Route<Ports> = async (ports, request, response) => {
  const limit = queryLimit(request);
  const read = async (text: string | null, most: number) => {
    const after = text === null ? '' : String(readListCursor('connections', text)[0]);
    const found = ports.context.connections.list().filter((connection) => connection.name > after);
    const sorted = found.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, most);
    return Promise.all(sorted.map(async (one) => ({ cursor: listCursor('connections', [one.name]), view: await viewOf(ports, one) })));
  };
  await sendList(request, response, ports.readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
};

const sendConnection: Route<Ports> = async (ports, request, response) =>
  sendResource(request, response, await viewOf(ports, named(ports, request)));

const sendCoverage: Route<Ports> = async (ports, request, response) => {
  const limit = queryLimit(request);
  const connection = named(ports, request);
  const read = async (after: string | null, most: number) =>
    rowsFrom('coverage', (await ports.coverage(connection)).map(spanView), after, most);
  const columns = ['from', 'to', 'state', 'reason', 'runId'];
  await sendList(request, response, ports.readSemaphore, {
    after: queryText(request, 'after'),
    limit,
    columns,
    read,
    batchRows: limit + 1,
  });
};

const sendRejections: Route<Ports> = async (ports, request, response) => {
  const limit = queryLimit(request);
  const connection = named(ports, request);
  const read = async (after: string | null, most: number) =>
    (await ports.rejections(connection, { before: readSequenceCursor('rejections', after), limit: most })).map(({ seq, ...view }) => ({
      cursor: listCursor('rejections', [seq]),
      view,
    }));
  const columns = ['at', 'address', 'status', 'code', 'reason', 'credential'];
  await sendList(request, response, ports.readSemaphore, { after: queryText(request, 'after'), limit, columns, read });
};

const startRun: Route<Ports> = async (ports, request, response) => {
  const { since = null } = reconcileBody.parse(request.body ?? {});
  const id = await ports.reconcile(named(ports, request), since === null ? null : timeOf(since, 'since'));
  const run = await readRun(ports.context.db.read, id);
  if (!run) throw new Refused(409, 'reconcile_not_started', 'The run could not be started.');
  response.status(202).location(`${request.baseUrl.replace(/\/connections$/, '')}/reconcile-runs/${id}`);
  await sendJson(request, response, { ...runView(run), gaps: [] });
};
