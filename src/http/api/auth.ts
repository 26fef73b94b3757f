import type { Request, RequestHandler, Response } from 'express';
import { OrderdockError } from '../../domain/errors.ts';
import { mayActAs, type Role } from '../../domain/role.ts';
import { scopeOf } from '../../domain/scope.ts';
import { hashKey, keyPrefix, recordKeyUse } from '../../feed/api-keys.ts';
import { isKeyPrefix, readApiKeyByHash } from '../../store/access/list-api-keys.ts';
import { sameText } from '../auth/compare-secrets.ts';
import { type Credentials, readCredentials } from '../auth/credentials.ts';
import { addressOf, type SignIns } from '../auth/sign-ins.ts';
import { sendProblem } from '../problem.ts';
import { actAs } from '../request-context.ts';
import type { Caller, PresentedKey, SignIn } from './caller.ts';
import type { ApiPorts } from './ports.ts';
import { readFault } from './read-fault.ts';

/** The authenticated caller. To be used behind `requireRole` or the console's sign-in only. */
export function callerOf(response: Response): Caller {
  const { caller } = response.locals;
  if (caller === undefined) throw new Error('This route is mounted without authentication.');
  return caller;
}

/** Finds the caller that a key belongs to; `name` null: by the key alone (Bearer). Null: no such key. */
export type FindKey = (name: string | null, key: string) => Promise<Caller | null>;

const RECORD_USE_EVERY_MS = 60_000;

/** Finds keys among the setting `API_KEYS` (compared in constant time) and the stored ones (looked up by their hash). */
export function createFindKey({ context, settingsKeys }: Pick<ApiPorts, 'context' | 'settingsKeys'>): FindKey {
  return async (name, key) => {
    let found: Caller | null = null;
    for (const known of settingsKeys) {
      if (sameText(key, known.key) && (name === null || name === known.name)) found = { name: known.name, role: known.role, scope: null };
    }
    if (found || key === '') return found;
    const stored = await readApiKeyByHash(context.db.read, hashKey(key)).catch((error: unknown) =>
      Promise.reject(readFault(context.db, error)),
    );
    if (!stored || (name !== null && name !== stored.name)) return null;
    if (!stored.lastUsedAt || context.clock.now().getTime() - Date.parse(stored.lastUsedAt) > RECORD_USE_EVERY_MS) {
      // A failure to record the use must not block the request.
      await recordKeyUse(context, stored.name, key).catch((error: unknown) =>
        context.log.debug('key_use_recording_failed', { error: codeOf(error) }),
      );
    }
    return { name: stored.name, role: stored.role, scope: scopeOf(stored.name, stored) };
  };
}

export function createSignIn(
  { context, settingsKeys }: Pick<ApiPorts, 'context' | 'settingsKeys'>,
  findKey: FindKey,
  signIns: SignIns,
): SignIn {
  const isKnown = async (prefix: string): Promise<boolean> =>
    settingsKeys.some(({ key }) => key.length >= SHORTEST_KNOWN && key.startsWith(prefix)) || isKeyPrefix(context.db.read, prefix);
  const nameOf = async (request: Request, { name, key }: PresentedKey): Promise<string> => {
    const prefix = keyPrefix(key);
    return name ?? ((await isKnown(prefix).catch(() => false)) ? prefix : addressOf(request));
  };
  return async (request, given, place) => {
    if (signIns.hasFailed(request)) signIns.refuseTooMany(request, await nameOf(request, given), place);
    const caller = await findKey(given.name, given.key);
    if (!caller) await signIns.failed(request, await nameOf(request, given), place);
    return caller;
  };
}

/** The first eight characters of a shorter key would reveal too much of it. */
const SHORTEST_KNOWN = 16;

const codeOf = (error: unknown): string => (error instanceof OrderdockError ? error.code : String(error));

/** Passes requests whose key has at least the required role, and sets `response.locals.caller`; answers others with 401 and both challenges, or 403. */
export function requireRole(signIn: SignIn, needed: Role | ((request: Request) => Role)): RequestHandler {
  return async (request, response, next) => {
    const given = presentedKey(readCredentials(request.headers.authorization));
    const caller = given ? await signIn(request, given, 'api') : null;
    if (!caller) {
      return sendProblem(response, {
        status: 401,
        code: 'unauthorized',
        detail: 'Send an API key: "Authorization: Bearer KEY", or HTTP Basic with the name of the key and the key.',
        headers: { 'WWW-Authenticate': ['Bearer realm="orderdock"', 'Basic realm="orderdock", charset="UTF-8"'] },
      });
    }
    const role = typeof needed === 'function' ? needed(request) : needed;
    if (!mayActAs(caller.role, role)) {
      return sendProblem(response, {
        status: 403,
        code: 'forbidden',
        detail: `This requires a key with the role ${role}; this key's role is ${caller.role}.`,
      });
    }
    response.locals.caller = caller;
    actAs(response, 'api', caller.name);
    next();
  };
}

function presentedKey(credentials: Credentials): PresentedKey | null {
  if (credentials.scheme === 'bearer') return { name: null, key: credentials.token };
  return credentials.scheme === 'basic' ? { name: credentials.username, key: credentials.password } : null;
}

const READER_POST = /^\/consumers\/[^/]+\/(ack|receipts)\/?$/;

/** The role an API request requires: any role may read, acknowledge and send receipts; only an admin manages keys; everything else is the operator's. */
export function roleOf(request: Pick<Request, 'method' | 'path'>): Role {
  if (request.method === 'GET' || request.method === 'HEAD') return 'reader';
  if (request.method === 'POST' && READER_POST.test(request.path)) return 'reader';
  return /^\/keys(\/|$)/i.test(request.path) ? 'admin' : 'operator';
}
