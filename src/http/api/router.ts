import { AsyncResource } from 'node:async_hooks';
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import OpenApiValidator from 'express-openapi-validator';
import { Refused } from '../../domain/errors.ts';
import { requireRole, roleOf } from './auth.ts';
import { connectionRoutes } from './connections.ts';
import { consumerAccess } from './consumer-access.ts';
import { documentRoutes } from './documents.ts';
import { orderRoutes, recordRoutes, shipmentRoutes } from './entities.ts';
import { changeRoutes } from './feed/changes.ts';
import { consumerRoutes } from './feed/consumers.ts';
import { alertRoutes } from './operations/alerts.ts';
import { auditRoutes } from './operations/audit.ts';
import { deliveryRoutes } from './operations/deliveries.ts';
import { driftRoutes } from './operations/drift.ts';
import { keyRoutes } from './operations/keys.ts';
import { reconcileRunRoutes } from './operations/reconcile-runs.ts';
import { searchRoutes } from './operations/search.ts';
import type { ApiPorts } from './ports.ts';
import { readFault } from './read-fault.ts';
import { routePerScope } from './scope-ports.ts';
import { createSemaphore, type Semaphore } from './semaphore.ts';
import { sendJson, sendResource } from './sending/send-response.ts';
import { type ApiSpec, readApiSpec, withHead } from './spec.ts';

const MAX_BODY = '1mb';
/** The number of responses that may be prepared, or read ahead of their clients, at a time: a quarter of a megabyte each. */
const READ_AHEAD = 4;

/**
 * The REST API, to be mounted at `/api/v1`. Authentication and role come first (401, 403), then validation (400), then
 * existence (404). Errors are passed on to the app's error handler.
 */
export function createApi(ports: ApiPorts): Router {
  const spec = readApiSpec();
  const router = Router({ caseSensitive: true });
  router.use(awaitSocket, disallowSharedCaching);
  router.get('/openapi.json', (request, response) => sendResource(request, response, spec));
  router.use(csvByPath(spec), requireRole(ports.signIn, roleOf));
  router.use(refuseNul, dropContentTypeOfEmptyBody, express.json({ limit: MAX_BODY }));
  router.use(
    OpenApiValidator.middleware({
      // The validator's type of OpenAPI 3.1 requires `webhooks`, which the specification does not (version 5, November 2026).
      apiSpec: withHead(spec) as never,
      // Checked by the tests rather than at every start.
      validateApiSpec: false,
      validateRequests: { allowUnknownQueryParameters: false },
      validateSecurity: false,
      validateResponses: false,
      fileUploader: false,
    }),
  );
  const readSemaphore = createSemaphore(READ_AHEAD);
  router.use(routePerScope(ports, (scoped) => apiRoutes(scoped, readSemaphore)));
  router.use(mapReadFault(ports));
  return router;
}

function apiRoutes(ports: ApiPorts, readSemaphore: Semaphore): Router {
  const router = Router({ caseSensitive: true });
  const reading = { ...ports, readSemaphore };
  router.use('/orders', orderRoutes(reading));
  router.use('/shipments', shipmentRoutes(reading));
  router.use('/records', recordRoutes(reading));
  router.use('/documents', documentRoutes(reading));
  router.use('/changes', changeRoutes(reading));
  router.use('/consumers/:name', consumerAccess);
  router.use('/consumers', consumerRoutes(reading));
  router.use('/deliveries', deliveryRoutes(reading));
  router.use('/connections', connectionRoutes(reading));
  router.use('/reconcile-runs', reconcileRunRoutes(reading));
  router.use('/drift', driftRoutes(reading));
  router.use('/alerts', alertRoutes(reading));
  router.use('/search', searchRoutes(reading));
  router.use('/audit', auditRoutes(reading));
  router.use('/keys', keyRoutes(reading));
  router.get('/invariants', async (request, response) => sendJson(request, response, await ports.invariants()));
  return router;
}

/** A list's path followed by `.csv` is the list as CSV: a path of its own, so that generated clients know the response type. */
function csvByPath(spec: ApiSpec): RequestHandler {
  const paths = Object.keys(spec.paths).filter((path) => path.endsWith('.csv'));
  const patterns = paths.map((path) => new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`));
  return (request, response, next) => {
    if (patterns.some((pattern) => pattern.test(request.path))) {
      response.locals.isCsv = true;
      request.url = request.url.replace(/\.csv(?=\?|$)/, '');
    }
    next();
  };
}

/** A pipelined request starts once its response can be written: until then it occupies no resources. */
const awaitSocket: RequestHandler = (_request, response, next) => {
  if (response.socket) next();
  // The event fires in the async context of another request: this one keeps its own.
  else
    response.once(
      'socket',
      AsyncResource.bind(() => next()),
    );
};

/** Responses are private to the caller and must be revalidated before a cached copy is used. */
const disallowSharedCaching: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'private, no-cache');
  next();
};

/** PostgreSQL cannot store NUL in text, so no stored identifier contains one. */
const refuseNul: RequestHandler = (request, _response, next) => {
  if (/%00/.test(request.originalUrl)) throw new Refused(400, 'invalid_request', 'Identifiers must not contain NUL (U+0000).');
  next();
};

/** `curl -X POST -d ''` declares an empty body to be a form: without a body there is no type to reject. */
const dropContentTypeOfEmptyBody: RequestHandler = (request, _response, next) => {
  if (request.headers['content-length'] === '0' && !/json/.test(request.get('content-type') ?? '')) delete request.headers['content-type'];
  next();
};

const mapReadFault =
  ({ context }: ApiPorts): ErrorRequestHandler =>
  (error, _request, _response, next) =>
    next(readFault(context.db, error));
