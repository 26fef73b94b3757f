import { Router } from 'express';
import { z } from 'zod';
import { ROLES } from '../../../domain/role.ts';
import { type KeyLimits, NO_LIMITS } from '../../../domain/scope.ts';
import { createKey, deleteKey } from '../../../feed/api-keys.ts';
import { listApiKeys } from '../../../store/access/list-api-keys.ts';
import { callerOf } from '../auth.ts';
import type { Caller } from '../caller.ts';
import type { RoutePorts } from '../ports.ts';
import { pathText, queryLimit, queryText } from '../query.ts';
import { listCursor, readListCursor } from '../sending/cursors.ts';
import { sendList } from '../sending/list-pages.ts';
import { sendJson } from '../sending/send-response.ts';

const COLUMNS = ['name', 'role', 'connections', 'consumers', 'origin', 'createdAt', 'lastUsedAt'];

// The OpenAPI validator has checked the body; the schema only gives it a type.
const newKeyBody = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  connections: z.array(z.string()).nullish(),
  consumers: z.array(z.string()).nullish(),
});

export function keyRoutes({
  context,
  settingsKeys,
  readSemaphore,
}: Pick<RoutePorts, 'context' | 'settingsKeys' | 'readSemaphore'>): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const fromSettings = settingsKeys.map(({ name, role }) => ({
      name,
      role,
      ...NO_LIMITS,
      origin: 'settings',
      createdAt: null,
      lastUsedAt: null,
    }));
    const caller = callerOf(response);
    const read = async (text: string | null, most: number) => {
      const after = text === null ? '' : String(readListCursor('keys', text)[0]);
      const stored = (await listApiKeys(context.db.read)).map((key) => ({ ...key, origin: 'stored' }));
      const found = [...fromSettings, ...stored].filter((key) => key.name > after && maySee(caller, key));
      const sorted = found.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, most);
      return sorted.map((view) => ({ cursor: listCursor('keys', [view.name]), view }));
    };
    await sendList(request, response, readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
  });

  router.post('/', async (request, response) => {
    const { name, role, connections = null, consumers = null } = newKeyBody.parse(request.body);
    const made = await createKey({ ...context, settingsKeys }, { name, role, connections, consumers });
    response.status(201).set('Cache-Control', 'no-store');
    await sendJson(request, response, made);
  });

  router.delete('/:name', async (request, response) => {
    const name = pathText(request, 'name');
    await deleteKey({ ...context, settingsKeys }, name);
    response.status(204).end();
  });
  return router;
}

/** An admin sees all keys (with a scope: only those within it, and none from the settings); other callers see only their own. */
const maySee = (caller: Caller, key: KeyLimits & { name: string }): boolean =>
  key.name === caller.name || (caller.role === 'admin' && (caller.scope === null || key.connections !== null || key.consumers !== null));
