import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import express, { type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import { ENTITY_KINDS, type EntityKind } from '../../domain/entity.ts';
import { Refused } from '../../domain/errors.ts';
import { displayName } from '../../domain/file-name.ts';
import { ROLES } from '../../domain/role.ts';
import { dropConsumer } from '../../pipeline/consumers.ts';
import { fetchDocumentAgain } from '../../pipeline/documents.ts';
import { createKey, deleteKey } from '../../pipeline/keys.ts';
import { readDocument } from '../../store/reading/documents.ts';
import { readEntity, readEntityByExternalId } from '../../store/reading/entities.ts';
import { readLines } from '../../store/reading/lines.ts';
import { sourceView } from '../api/entity-view.ts';
import { type Access, createAccess } from './access.ts';
import { act, errorPage, needRole, send, serve, visitFor } from './answers.ts';
import { signInPage } from './layout.ts';
import { deliveryLink, entityLink, link, ownAddress, runLink } from './links.ts';
import type { ConsolePorts, Visit } from './page.ts';
import { alertsPage } from './pages/alerts.ts';
import { connectionPage } from './pages/connection.ts';
import { consumersPage } from './pages/consumers.ts';
import { deliveriesPage, replayFilterOf } from './pages/deliveries.ts';
import { deliveryPage } from './pages/delivery.ts';
import { documentsPage } from './pages/documents.ts';
import { driftPage } from './pages/drift.ts';
import { ENTITY_PLACES, entitiesPage } from './pages/entities.ts';
import { entityPage } from './pages/entity.ts';
import { feedPage, newerChanges } from './pages/feed.ts';
import { keysPage, keysView } from './pages/keys.ts';
import { overviewPage } from './pages/overview.ts';
import { askedFetch, replayManyPage, replayOnePage } from './pages/replay.ts';
import { runPage, runsPage } from './pages/runs.ts';

// Nothing inline, nothing from elsewhere: an order's description can never become a script here.
const CONTENT_SECURITY = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** The operators' console, to be mounted at `/console`. Pages are made here; the browser only swaps pieces of them. */
export function createConsole(ports: ConsolePorts): Router {
  const access = createAccess(ports.findKey, () => ports.context.clock.now().getTime());
  const router = Router();
  router.use(CONTENT_SECURITY);
  router.use('/assets', assets());
  router.use(neverStored, express.urlencoded({ extended: false, limit: '64kb' }));
  signIn(router, ports, access);
  router.use(access.require);
  pages(router, ports);
  pieces(router, ports);
  router.post('/*path', access.ownForm);
  verbs(router, ports);
  router.post('/sign-out', (request, response) => {
    access.signOut(request, response);
    response.redirect(303, link('/sign-in'));
  });
  router.use(() => {
    throw new Refused(404, 'not_found', 'There is no such page.');
  });
  router.use(errorPage(ports));
  return router;
}

const neverStored: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

const LIBRARY_FILES = ['htmx.org/dist/htmx.min.js', 'uplot/dist/uPlot.iife.min.js', 'uplot/dist/uPlot.min.css'];
const WEEK_MS = 7 * 86_400_000;

/** Our own files, and the libraries' as they were installed. */
function assets(): Router {
  const router = Router();
  const { resolve } = createRequire(import.meta.url);
  for (const file of LIBRARY_FILES) {
    const path = resolve(file);
    router.get(`/${file.split('/').at(-1)}`, (_request, response) => response.sendFile(path, { maxAge: WEEK_MS }));
  }
  router.use(express.static(join(import.meta.dirname, 'assets'), { index: false, maxAge: 0 }));
  router.use((_request, response) => void response.status(404).type('text/plain').send('There is no such file.\n'));
  return router;
}

function signIn(router: Router, ports: ConsolePorts, access: Access): void {
  router.get('/sign-in', (request, response) => {
    const { to } = request.query;
    response.type('text/html').send(signInPage({ to: typeof to === 'string' ? to : null, wrong: false, sandbox: ports.sandbox }));
  });
  router.post('/sign-in', async (request, response) => {
    const { key, to } = (request.body ?? {}) as { key?: unknown; to?: unknown };
    const caller = await access.signIn(request, response, typeof key === 'string' ? key.trim() : '');
    const address = typeof to === 'string' && to !== '' ? to : null;
    if (caller) return response.redirect(303, ownAddress(address));
    response
      .status(401)
      .type('text/html')
      .send(signInPage({ to: address, wrong: true, sandbox: ports.sandbox }));
  });
}

function pages(router: Router, ports: ConsolePorts): void {
  router.get('/', serve(ports, '/', overviewPage(ports)));
  router.get('/connections/:name', serve(ports, '/', connectionPage(ports)));
  router.get('/deliveries', serve(ports, '/deliveries', deliveriesPage(ports)));
  router.get('/deliveries/replay', serve(ports, '/deliveries', replayManyPage(ports), 'operator'));
  router.get('/deliveries/:id', serve(ports, '/deliveries', deliveryPage(ports)));
  router.get('/deliveries/:id/replay', serve(ports, '/deliveries', replayOnePage(ports), 'operator'));
  for (const place of ENTITY_PLACES) router.get(place.path, serve(ports, place.path, entitiesPage(ports, place)));
  router.get('/entities/:id', serve(ports, '/orders', entityPage(ports)));
  router.get('/feed', serve(ports, '/feed', feedPage(ports)));
  router.get('/reconcile-runs', serve(ports, '/reconcile-runs', runsPage(ports)));
  router.get('/reconcile-runs/:id', serve(ports, '/reconcile-runs', runPage(ports)));
  router.get('/consumers', serve(ports, '/consumers', consumersPage(ports)));
  router.get('/documents', serve(ports, '/documents', documentsPage(ports)));
  router.get('/drift', serve(ports, '/drift', driftPage(ports)));
  router.get('/alerts', serve(ports, '/alerts', alertsPage(ports)));
  router.get('/keys', serve(ports, '/keys', keysPage(ports), 'admin'));
}

/** What is no page of its own: pieces that come later, ways on, and files. */
function pieces(router: Router, ports: ConsolePorts): void {
  const sql = ports.context.db.read;
  router.get('/feed/newer', async (request, response) => {
    const newer = await newerChanges(ports, visitFor(ports, request, response));
    if (newer) response.type('text/html').send(newer.text);
    else response.status(204).end();
  });
  router.get('/find', async (request, response) => {
    const visit = visitFor(ports, request, response);
    const kind = ENTITY_KINDS.find((one) => one === visit.asked('kind')) as EntityKind | undefined;
    const found = kind ? await readEntityByExternalId(sql, visit.asked('connection') ?? '', kind, visit.asked('externalId') ?? '') : null;
    if (!found) throw new Refused(404, 'not_found', 'It is not held.');
    response.redirect(303, entityLink(found.id));
  });
  router.get('/entities/:id/source', async (request, response) => {
    const entity = await readEntity(sql, ENTITY_KINDS, visitFor(ports, request, response).segment('id'));
    if (!entity) throw new Refused(404, 'not_found', 'Nothing of this id is held.');
    const source = sourceView(entity, await readLines(sql, [entity.id], true));
    response.type('application/json').send(JSON.stringify(source, null, 2));
  });
  router.get('/documents/:id/content', async (request, response) => {
    const document = await readDocument(sql, visitFor(ports, request, response).segment('id'));
    if (document?.state !== 'stored' || document.sha256 === null)
      throw new Refused(404, 'not_found', 'The content of this document is not held.');
    const content = await ports.openContent(document.sha256, null);
    // It came from outside: saved, never shown as a page of ours.
    response.attachment(displayName(document.name) ?? 'document');
    response.type('application/octet-stream').set({ 'X-Content-Type-Options': 'nosniff', 'Content-Length': String(document.bytes) });
    await pipeline(content, response).catch(() => response.destroy());
  });
}

/** Every button. Each ends on the page that shows what it did. */
function verbs(router: Router, ports: ConsolePorts): void {
  const { context } = ports;
  const asOperator = (verb: (visit: Visit) => Promise<string>) => act(ports, 'operator', verb);

  router.post(
    '/connections/:name/reconcile',
    asOperator(async (visit) => {
      const connection = context.connections.get(visit.segment('name'));
      if (!connection) throw new Refused(404, 'not_found', `There is no connection named ${visit.segment('name')}.`);
      return runLink(await ports.reconcile(connection));
    }),
  );
  router.post(
    '/deliveries/replay',
    asOperator(async (visit) => {
      const filter = replayFilterOf(visit);
      await ports.replay(filter, askedFetch(visit));
      return link('/deliveries', { connection: filter.connection, subject: filter.subject });
    }),
  );
  router.post(
    '/deliveries/:id/replay',
    asOperator(async (visit) => {
      const id = visit.segment('id');
      await ports.replay({ ids: [id], state: null, connection: null, subject: null, from: null, to: null }, askedFetch(visit));
      return deliveryLink(id);
    }),
  );
  router.post(
    '/documents/:id/fetch',
    asOperator(async (visit) => {
      await fetchDocumentAgain(context, visit.segment('id'));
      return link('/documents');
    }),
  );
  router.post(
    '/consumers/:name/drop',
    asOperator(async (visit) => {
      await dropConsumer(context, visit.segment('name'));
      return link('/consumers');
    }),
  );
  keyVerbs(router, ports);
}

function keyVerbs(router: Router, ports: ConsolePorts): void {
  const isSetting = (name: string) => ports.settingsKeys.some((key) => key.name === name);
  router.post('/keys', async (request, response) => {
    const visit = visitFor(ports, request, response);
    needRole(visit, 'admin');
    const name = visit.asked('name') ?? '';
    const role = ROLES.find((one) => one === visit.asked('role'));
    if (!role || !/^[A-Za-z0-9_.-]{1,64}$/.test(name))
      throw new Refused(400, 'invalid_request', 'A key has a name of letters, digits, dots, dashes and a role.');
    if (isSetting(name)) throw new Refused(409, 'key_exists', `A key named ${name} is set by API_KEYS.`);
    const made = await createKey(ports.context, { name, role });
    send(ports, response, { ...(await keysView(ports, visit, made)), status: 201 }, '/keys', visit);
  });
  router.post(
    '/keys/:name/revoke',
    act(ports, 'admin', async (visit) => {
      await deleteKey(ports.context, visit.segment('name'));
      return link('/keys');
    }),
  );
}
