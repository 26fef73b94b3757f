import { createRequire } from 'node:module';
import { join } from 'node:path';
import compression from 'compression';
import express, { type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import { Refused } from '../../domain/errors.ts';
import { routePerScope } from '../api/scope-ports.ts';
import { RefusedWith } from '../problem.ts';
import { type Access, createAccess } from './access/access.ts';
import { addActions } from './actions.ts';
import { link, ownAddress } from './components/links.ts';
import { addFragments } from './fragments.ts';
import { signInPage } from './layout.ts';
import type { ConsolePorts } from './page.ts';
import { addPages } from './pages.ts';
import { errorPage } from './send-page.ts';

// Nothing inline, nothing from other hosts: the text of an order can never become a script here.
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

/** The operators' console, to be mounted at `/console`. Pages are rendered here; the browser only swaps fragments of them. */
export function createConsole(ports: ConsolePorts): Router {
  const access = createAccess(ports, () => ports.context.clock.now().getTime());
  const router = Router();
  router.use(CONTENT_SECURITY);
  // The session cookie is never sent across sites, so an attacker cannot have a guess compressed together with our pages (BREACH).
  router.use(compression());
  router.use('/assets', assets());
  router.use(neverStored, express.urlencoded({ extended: false, limit: '64kb' }));
  signIn(router, ports, access);
  router.use(access.require);
  router.post('/*path', access.ownForm);
  router.post('/sign-out', (request, response) => {
    access.signOut(request, response);
    response.redirect(303, link('/sign-in'));
  });
  router.use(routePerScope(ports, consoleRoutes));
  router.use(() => {
    throw new Refused(404, 'not_found', 'This page does not exist.');
  });
  router.use(errorPage(ports));
  return router;
}

function consoleRoutes(ports: ConsolePorts): Router {
  const router = Router();
  addPages(router, ports);
  addFragments(router, ports);
  addActions(router, ports);
  return router;
}

const neverStored: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

const LIBRARY_FILES = ['htmx.org/dist/htmx.min.js'];
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
  router.use((_request, response) => void response.status(404).type('text/plain').send('File not found.\n'));
  return router;
}

function signIn(router: Router, ports: ConsolePorts, access: Access): void {
  router.get('/sign-in', (request, response) => {
    const { to } = request.query;
    response.type('text/html').send(signInPage({ to: typeof to === 'string' ? to : null, wrong: false, sandbox: ports.sandbox }));
  });
  router.post('/sign-in', async (request, response) => {
    const { key, to }: { key?: unknown; to?: unknown } = request.body ?? {};
    const address = typeof to === 'string' && to !== '' ? to : null;
    try {
      const caller = await access.signIn(request, response, typeof key === 'string' ? key.trim() : '');
      if (caller) return response.redirect(303, ownAddress(address));
      response.status(401);
    } catch (error) {
      if (!(error instanceof RefusedWith)) throw error;
      response.status(error.status).set(error.headers);
    }
    response.type('text/html').send(signInPage({ to: address, wrong: true, sandbox: ports.sandbox }));
  });
}
