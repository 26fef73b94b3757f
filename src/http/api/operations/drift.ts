import { Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { type DriftKey, listDrift } from '../../../store/drift/list.ts';
import type { ApiPorts } from '../ports.ts';
import { queryLimit, queryText } from '../query.ts';
import { listCursor, readListCursor } from '../sending/cursors.ts';
import { cutPage, sendList } from '../sending/send-response.ts';

const COLUMNS = ['connection', 'platform', 'kind', 'name', 'path', 'firstSeenAt', 'lastSeenAt', 'count', 'sampleId'];

export function driftRoutes({ context }: Pick<ApiPorts, 'context'>): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = { connection: queryText(request, 'connection'), kind: queryText(request, 'kind') };
    const after = readKey(queryText(request, 'after'));
    const found = await listDrift(context.db.read, filter, { after, limit: limit + 1 });
    const page = cutPage(found, limit, (row) => listCursor('drift', [row.connection, row.kind, row.path, row.name]));
    await sendList(request, response, { ...page, columns: COLUMNS });
  });
  return router;
}

function readKey(text: string | null): DriftKey | null {
  if (text === null) return null;
  const [connection, kind, path, name] = readListCursor('drift', text);
  if ([connection, kind, path, name].some((part) => typeof part !== 'string'))
    throw new Refused(400, 'invalid_cursor', 'Invalid cursor for this list.');
  return [String(connection), String(kind), String(path), String(name)];
}
