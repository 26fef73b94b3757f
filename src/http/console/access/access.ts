import { createHmac, randomBytes } from 'node:crypto';
import type { CookieOptions, Request, RequestHandler, Response } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { isObject } from '../../../domain/values/json.ts';
import type { FindKey } from '../../api/auth.ts';
import type { Caller, SignIn } from '../../api/caller.ts';
import { sameText } from '../../auth/compare-secrets.ts';
import { readCredentials } from '../../auth/credentials.ts';
import { actAs } from '../../request-context.ts';
import { BASE, link } from '../components/links.ts';
import { createSessions, type Sessions } from './sessions.ts';

const COOKIE = 'orderdock_session';
/** Authentication of the console. Sessions live in this process's memory: a restart requires signing in again. */
export interface Access {
  /** Passes requests with a session or Basic credentials; redirects others to the sign-in page. */
  require: RequestHandler;
  /** Rejects a form that did not come from one of our own pages (CSRF). Mounted behind `require`. */
  ownForm: RequestHandler;
  /** Opens a session; null: no such key. */
  signIn(request: Request, response: Response, key: string): Promise<Caller | null>;
  signOut(request: Request, response: Response): void;
}

export { callerOf } from '../../api/auth.ts';
/** The CSRF token of the page's forms. To be used behind `require` only. */
export function csrfOf(response: Response): string {
  const { csrf } = response.locals;
  if (csrf === undefined) throw new Error('This route is mounted without authentication.');
  return csrf;
}

interface AccessPorts {
  findKey: FindKey;
  signIn: SignIn;
}

export function createAccess(ports: AccessPorts, nowMs: () => number): Access {
  const sessions = createSessions(nowMs);
  const secret = randomBytes(32);
  const csrfFor = (who: string): string => createHmac('sha256', secret).update(who).digest('base64url');
  return {
    async require(request, response, next) {
      const known = await authenticate(ports, sessions, nowMs, request);
      if (!known) return requestSignIn(request, response);
      response.locals.caller = known.caller;
      actAs(response, 'console', known.caller.name);
      response.locals.csrf = csrfFor(known.who);
      next();
    },
    ownForm(request, response, next) {
      const given = isObject(request.body) ? request.body.csrf : null;
      if (typeof given !== 'string' || !sameText(given, csrfOf(response)) || isCrossSite(request)) throw foreignForm();
      next();
    },
    async signIn(request, response, key) {
      if (isCrossSite(request)) throw foreignForm();
      const caller = await ports.signIn(request, { name: null, key }, 'console');
      if (!caller) return null;
      response.cookie(COOKIE, sessions.open(caller.name, key), cookieOptions(request));
      return caller;
    },
    signOut(request, response) {
      const id = sessionIdIn(request);
      if (id !== null) sessions.close(id);
      response.clearCookie(COOKIE, cookieOptions(request));
    },
  };
}

const cookieOptions = (request: Request): CookieOptions => ({ httpOnly: true, sameSite: 'strict', secure: request.secure, path: BASE });

const sessionIdIn = (request: Request): string | null => readCookie(request.headers.cookie ?? '', COOKIE);

/** The caller, and as whom its forms are signed; null: neither credentials nor a session. */
async function authenticate(
  ports: AccessPorts,
  sessions: Sessions,
  nowMs: () => number,
  request: Request,
): Promise<{ caller: Caller; who: string } | null> {
  const credentials = readCredentials(request.headers.authorization);
  if (credentials.scheme === 'basic') {
    const caller = await ports.signIn(request, { name: credentials.username, key: credentials.password }, 'console');
    return caller ? { caller, who: `basic ${caller.name}` } : null;
  }
  const id = sessionIdIn(request);
  const session = id === null ? null : sessions.find(id);
  if (id === null || !session) return null;
  // Looked up on every request: deleting a key ends its sessions immediately.
  const caller = await ports.findKey(session.name, session.key);
  if (!caller) {
    sessions.close(id);
    return null;
  }
  // A page's automatic refresh does not count as activity.
  if (request.get('hx-request') === undefined) session.lastSeenMs = nowMs();
  return { caller, who: `session ${id}` };
}

const foreignForm = () =>
  new Refused(403, 'foreign_form', 'This form did not come from a page of this console, or the page has expired. Reload it and try again.');

// Browsers send Fetch Metadata; for those that do not, the token in the form decides.
const isCrossSite = (request: Request): boolean => !['same-origin', 'none', undefined].includes(request.get('sec-fetch-site'));

/** Wrong credentials in the header are challenged again; any other request gets the sign-in form. */
function requestSignIn(request: Request, response: Response): void {
  if (request.headers.authorization !== undefined) {
    response
      .status(401)
      .set('WWW-Authenticate', 'Basic realm="orderdock", charset="UTF-8"')
      .type('text/plain')
      .send('The key or its name is wrong.\n');
    return;
  }
  // An htmx request for part of a page: the whole page must navigate to the form.
  if (request.get('hx-request') !== undefined) {
    response.status(401).set('HX-Redirect', link('/sign-in')).end();
    return;
  }
  const here = request.method === 'GET' ? request.originalUrl : null;
  response.redirect(303, link('/sign-in', { to: here === link('/') ? null : here }));
}

export function readCookie(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return null;
}
