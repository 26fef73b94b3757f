import { Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import type { Role } from '../../../domain/role.ts';
import { createKey, deleteKey } from '../../../feed/api-keys.ts';
import { listApiKeys } from '../../../store/access/list-api-keys.ts';
import { listCursor, readListCursor } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import { pathText, queryLimit, queryText } from '../query.ts';
import { sendJson, sendList } from '../send-response.ts';

const COLUMNS = ['name', 'role', 'origin', 'createdAt', 'lastUsedAt'];

export function keyRoutes({ context, settingsKeys }: Pick<ApiPorts, 'context' | 'settingsKeys'>): Router {
  const router = Router();
  const isSetting = (name: string): boolean => settingsKeys.some((key) => key.name === name);

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const text = queryText(request, 'after');
    const after = text === null ? '' : String(readListCursor('keys', text)[0]);
    const fromSettings = settingsKeys.map(({ name, role }) => ({ name, role, origin: 'settings', createdAt: null, lastUsedAt: null }));
    const stored = (await listApiKeys(context.db.read)).map((key) => ({ ...key, origin: 'stored' }));
    const all = [...fromSettings, ...stored].filter((key) => key.name > after).sort((a, b) => (a.name < b.name ? -1 : 1));
    const last = all[limit - 1];
    const next = last && all.length > limit ? listCursor('keys', [last.name]) : null;
    await sendList(request, response, { rows: all.slice(0, limit), next, columns: COLUMNS });
  });

  router.post('/', async (request, response) => {
    const { name, role } = request.body as { name: string; role: Role };
    if (isSetting(name)) throw new Refused(409, 'key_exists', `A key named ${name} is set by API_KEYS.`);
    const made = await createKey(context, { name, role });
    response.status(201).set('Cache-Control', 'no-store');
    await sendJson(request, response, made);
  });

  router.delete('/:name', async (request, response) => {
    const name = pathText(request, 'name');
    if (isSetting(name)) throw new Refused(409, 'key_in_settings', `The key ${name} is set by API_KEYS: it is taken away there.`);
    await deleteKey(context, name);
    response.status(204).end();
  });
  return router;
}
