import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { Refused } from '../../domain/errors.ts';
import type { Role } from '../../domain/role.ts';
import { problemOf } from '../problem.ts';
import { callerOf, csrfOf } from './access/access.ts';
import { button, note } from './components/components.ts';
import { html } from './components/html.ts';
import { link } from './components/links.ts';
import { pageOf } from './layout.ts';
import { readNavigation } from './navigation.ts';
import { type ConsolePorts, type Page, type View, type Visit, visitOf } from './page.ts';

export const visitFor = (ports: ConsolePorts, request: Request, response: Response): Visit =>
  visitOf(request, callerOf(response), csrfOf(response), ports.context.clock.now());

/** Serves a page to users with the role; `place` is the part of the console it belongs to. */
export const serve =
  (ports: ConsolePorts, place: string, page: Page, needed: Role = 'reader'): RequestHandler =>
  async (request, response) => {
    const visit = visitFor(ports, request, response);
    needRole(visit, needed);
    await send(ports, response, await page(visit), place, visit);
  };

export async function send(ports: ConsolePorts, response: Response, view: View, place: string, visit: Visit): Promise<void> {
  const groups = await readNavigation(ports, visit);
  response
    .status(view.status ?? 200)
    .type('text/html')
    .send(pageOf(view, place, visit, groups, ports.sandbox));
}

/** Performs an action for users with the role, then redirects to the page that shows its result. */
export const act =
  (ports: ConsolePorts, needed: Role, verb: (visit: Visit) => Promise<string>): RequestHandler =>
  async (request, response) => {
    const visit = visitFor(ports, request, response);
    needRole(visit, needed);
    response.redirect(303, await verb(visit));
  };

export function needRole(visit: Visit, needed: Role): void {
  if (!visit.may(needed))
    throw new Refused(403, 'forbidden', `This requires a key with the role ${needed}; this key's role is ${visit.caller.role}.`);
}

/** Every error becomes a page that says what to do; unexpected errors are logged. */
export const errorPage =
  (ports: ConsolePorts): ErrorRequestHandler =>
  async (error, request, response, next) => {
    if (response.headersSent || response.locals.caller === undefined) return next(error);
    const unavailable = ports.context.db.dialect.unavailable(error);
    const problem = unavailable
      ? { status: 503, code: 'database_unavailable', detail: 'The database is unavailable. Retry later.' }
      : problemOf(error);
    if (problem === null) ports.context.log.error('request_failed', { method: request.method, path: request.path, error: String(error) });
    const { status, detail } = problem ?? { status: 500, detail: 'An internal error occurred and has been logged.' };
    const view: View = {
      title: status === 404 ? 'Page not found' : status === 403 ? 'Not allowed' : 'Action failed',
      status,
      refreshSeconds: null,
      lead: note(status >= 500 ? 'bad' : 'watch', detail),
      body: html`<p>${button('Overview', link('/'))}</p>`,
    };
    await send(ports, response, view, '', visitFor(ports, request, response));
  };
