import { createHmac, randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { Refused } from '../../domain/errors.ts';
import type { FindKey } from '../api/auth.ts';
import type { Caller, SignIn } from '../api/caller.ts';
import { sameText } from '../auth/compare-secrets.ts';
import { actAs } from '../request-context.ts';
import { BASE, link } from './components/links.ts';

const COOKIE = 'orderdock_session';
const IDLE_MS = 8 * 3_600_000;
// Of one key: whoever signs in again and again ends only sessions of the own key.
const MOST_SESSIONS = 20;

interface Session {
  name: string;
  key: string;
  lastSeenMs: number;
}

/** Who is let into the console, and how. Sessions live in this process's memory: a restart asks for the key again. */
export interface Access {
  /** Lets a request pass that has a session or Basic credentials; else leads to the sign-in page. */
  require: RequestHandler;
  /** Refuses a form that did not come from one of our own pages. Mounted behind `require`. */
  ownForm: RequestHandler;
  /** Opens a session; null: no such key. */
  signIn(request: Request, response: Response, key: string): Promise<Caller | null>;
  signOut(request: Request, response: Response): void;
}

/** Set by `require` for those behind it. */
export { callerOf } from '../api/auth.ts';
export const csrfOf = (response: Response): string => response.locals.csrf as string;

export function createAccess({ findKey, signIn }: { findKey: FindKey; signIn: SignIn }, nowMs: () => number): Access {
  const sessions = new Map<string, Session>();
  const secret = randomBytes(32);
  const csrfFor = (who: string): string => createHmac('sha256', secret).update(who).digest('base64url');

  function openSession(request: Request): { id: string; session: Session } | null {
    const id = readCookie(request.headers.cookie ?? '', COOKIE);
    const session = id === null ? undefined : sessions.get(id);
    if (id === null || !session) return null;
    if (nowMs() - session.lastSeenMs <= IDLE_MS) return { id, session };
    sessions.delete(id);
    return null;
  }

  async function recognise(request: Request): Promise<{ caller: Caller; who: string } | null> {
    const basic = readBasic(request.headers.authorization ?? '');
    if (basic) {
      const caller = await signIn(request, basic, 'console');
      return caller ? { caller, who: `basic ${caller.name}` } : null;
    }
    const open = openSession(request);
    if (!open) return null;
    // Asked at every request: a key that was taken away ends its sessions at once.
    const caller = await findKey(open.session.name, open.session.key);
    if (!caller) {
      sessions.delete(open.id);
      return null;
    }
    // A page that refreshes itself is nobody's use of it.
    if (request.get('hx-request') === undefined) open.session.lastSeenMs = nowMs();
    return { caller, who: `session ${open.id}` };
  }

  return {
    async require(request, response, next) {
      const known = await recognise(request);
      if (!known) return turnAway(request, response);
      response.locals.caller = known.caller;
      actAs(response, 'console', known.caller.name);
      response.locals.csrf = csrfFor(known.who);
      next();
    },
    ownForm(request, response, next) {
      const given = (request.body as { csrf?: unknown } | undefined)?.csrf;
      if (typeof given !== 'string' || !sameText(given, csrfOf(response)) || isCrossSite(request)) throw notOurs();
      next();
    },
    async signIn(request, response, key) {
      if (isCrossSite(request)) throw notOurs();
      const caller = await signIn(request, { name: null, key }, 'console');
      if (!caller) return null;
      const id = randomBytes(32).toString('base64url');
      dropOldest(sessions, caller.name);
      sessions.set(id, { name: caller.name, key, lastSeenMs: nowMs() });
      response.cookie(COOKIE, id, { httpOnly: true, sameSite: 'strict', secure: request.secure, path: BASE });
      return caller;
    },
    signOut(request, response) {
      const open = openSession(request);
      if (open) sessions.delete(open.id);
      response.clearCookie(COOKIE, { httpOnly: true, sameSite: 'strict', secure: request.secure, path: BASE });
    },
  };
}

const notOurs = () =>
  new Refused(403, 'foreign_form', 'This form did not come from a page of this console, or the page was too old. Load it again.');

// Browsers tell it themselves (Fetch Metadata); where they do not, the token in the form decides.
const isCrossSite = (request: Request): boolean => !['same-origin', 'none', undefined].includes(request.get('sec-fetch-site'));

function dropOldest(sessions: Map<string, Session>, keyName: string): void {
  const own = [...sessions].filter(([, session]) => session.name === keyName).sort(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs);
  const [oldest] = own;
  if (own.length >= MOST_SESSIONS && oldest) sessions.delete(oldest[0]);
}

/** Whoever came with wrong credentials is asked for others in the same way; everyone else is shown the form. */
function turnAway(request: Request, response: Response): void {
  if (request.headers.authorization !== undefined) {
    response
      .status(401)
      .set('WWW-Authenticate', 'Basic realm="orderdock", charset="UTF-8"')
      .type('text/plain')
      .send('The name of the key or the key is wrong.\n');
    return;
  }
  // A piece of a page that asks for itself: the whole page goes to the form, not the piece.
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

function readBasic(header: string): { name: string; key: string } | null {
  const [, value] = /^basic +(\S+) *$/i.exec(header) ?? [];
  if (value === undefined) return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? { name: '', key: '' } : { name: text.slice(0, colon), key: text.slice(colon + 1) };
}
