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
import { type ConsolePorts, type Page, type PageRequest, pageRequestOf, type View } from './page.ts';

export const pageRequestFor = (ports: ConsolePorts, request: Request, response: Response): PageRequest =>
  pageRequestOf(request, callerOf(response), csrfOf(response), ports.context.clock.now());

/** Serves a page to users with the role; `place` is the part of the console it belongs to. */
export const serve =
  (ports: ConsolePorts, place: string, page: Page, needed: Role = 'reader'): RequestHandler =>
  async (request, response) => {
    const pageRequest = pageRequestFor(ports, request, response);
    needRole(pageRequest, needed);
    await send(ports, response, await page(pageRequest), place, pageRequest);
  };

export async function send(ports: ConsolePorts, response: Response, view: View, place: string, pageRequest: PageRequest): Promise<void> {
  const groups = await readNavigation(ports, pageRequest);
  response
    .status(view.status ?? 200)
    .type('text/html')
    .send(pageOf(view, place, pageRequest, groups, ports.sandbox));
}

/** Performs an action for users with the role, then redirects to the page that shows its result. */
export const act =
  (ports: ConsolePorts, needed: Role, verb: (pageRequest: PageRequest) => Promise<string>): RequestHandler =>
  async (request, response) => {
    const pageRequest = pageRequestFor(ports, request, response);
    needRole(pageRequest, needed);
    response.redirect(303, await verb(pageRequest));
  };

export function needRole(pageRequest: PageRequest, needed: Role): void {
  if (!pageRequest.may(needed))
    throw new Refused(403, 'forbidden', `This requires a key with the role ${needed}; this key's role is ${pageRequest.caller.role}.`);
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
    await send(ports, response, view, '', pageRequestFor(ports, request, response));
  };
