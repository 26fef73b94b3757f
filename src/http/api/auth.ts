import type { Request, RequestHandler, Response } from 'express';
import basicAuth from 'express-basic-auth';
import { OrderdockError } from '../../domain/errors.ts';
import { mayActAs, type Role } from '../../domain/role.ts';
import { type Scope, scopeOf } from '../../domain/scope.ts';
import { hashKey, keyPrefix, recordKeyUse } from '../../feed/api-keys.ts';
import { isKeyPrefix, readApiKeyByHash } from '../../store/access/list-api-keys.ts';
import { addressOf, type SignIns } from '../auth/sign-ins.ts';
import { sendProblem } from '../problem.ts';
import { actAs } from '../request-context.ts';
import type { Caller, SignIn } from './caller.ts';
import type { ApiPorts } from './ports.ts';
import { readFault } from './read-fault.ts';

/** Who asks, behind `requireRole`. */
export const callerOf = (response: Response): Caller => response.locals.caller as Caller;

/** The caller a key belongs to; `name` null: whatever the key is called (Bearer). Null: no such key. */
export type FindKey = (name: string | null, key: string) => Promise<Caller | null>;

const NOTE_USE_EVERY_MS = 60_000;

/** Finds keys among the setting `API_KEYS` (compared in constant time) and the stored ones (looked up by their hash). */
export function createFindKey({ context, settingsKeys }: Pick<ApiPorts, 'context' | 'settingsKeys'>): FindKey {
  return async (name, key) => {
    let found: Caller | null = null;
    for (const known of settingsKeys) {
      if (basicAuth.safeCompare(key, known.key) && (name === null || name === known.name))
        found = { name: known.name, role: known.role, scope: null };
    }
    if (found || key === '') return found;
    const stored = await readApiKeyByHash(context.db.read, hashKey(key)).catch((error: unknown) =>
      Promise.reject(readFault(context.db, error)),
    );
    if (!stored || (name !== null && name !== stored.name)) return null;
    if (!stored.lastUsedAt || context.clock.now().getTime() - Date.parse(stored.lastUsedAt) > NOTE_USE_EVERY_MS) {
      // That the use could not be noted must not keep anyone from reading.
      await recordKeyUse(context, stored.name, key).catch((error: unknown) =>
        context.log.debug('key_use_not_noted', { error: codeOf(error) }),
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
  const nameOf = async (request: Request, { name, key }: { name: string | null; key: string }): Promise<string> => {
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

/** Of a shorter key the first eight characters would tell too much. */
const SHORTEST_KNOWN = 16;

const codeOf = (error: unknown): string => (error instanceof OrderdockError ? error.code : String(error));

/** Lets a request pass whose key has at least the role it needs: else 401 with both challenges, or 403. `response.locals.caller` is who it is. */
export function requireRole(signIn: SignIn, needed: Role | ((request: Request) => Role)): RequestHandler {
  return async (request, response, next) => {
    const given = readCredentials(request.headers.authorization ?? '');
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
        detail: `This needs a key with the role ${role}; this one is ${caller.role}.`,
      });
    }
    response.locals.caller = caller;
    actAs(response, 'api', caller.name);
    next();
  };
}

function readCredentials(header: string): { name: string | null; key: string } | null {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { name: null, key: value };
  if (scheme.toLowerCase() !== 'basic') return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { name: text.slice(0, colon), key: text.slice(colon + 1) };
}

const READERS_POST = /^\/consumers\/[^/]+\/(ack|receipts)\/?$/;

/** The role an API request needs: reading is for all; acknowledging and receipts too; keys are the admin's; the rest is the operator's. */
export function roleOf(request: Pick<Request, 'method' | 'path'>): Role {
  if (request.method === 'GET' || request.method === 'HEAD') return 'reader';
  if (request.method === 'POST' && READERS_POST.test(request.path)) return 'reader';
  return /^\/keys(\/|$)/i.test(request.path) ? 'admin' : 'operator';
}
