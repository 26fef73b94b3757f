import { Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { type DriftKey, listDrift } from '../../../store/drift/list.ts';
import type { RoutePorts } from '../ports.ts';
import { queryLimit, queryText } from '../query.ts';
import { listCursor, readListCursor } from '../sending/cursors.ts';
import { sendList } from '../sending/list-pages.ts';

const COLUMNS = ['connection', 'platform', 'kind', 'name', 'path', 'firstSeenAt', 'lastSeenAt', 'count', 'sampleId'];

export function driftRoutes({ context, readSemaphore }: Pick<RoutePorts, 'context' | 'readSemaphore'>): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = { connection: queryText(request, 'connection'), kind: queryText(request, 'kind') };
    const read = async (after: string | null, most: number) =>
      (await listDrift(context.db.read, filter, { after: readKey(after), limit: most })).map((row) => ({
        cursor: listCursor('drift', [row.connection, row.kind, row.path, row.name]),
        view: row,
      }));
    await sendList(request, response, readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
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
