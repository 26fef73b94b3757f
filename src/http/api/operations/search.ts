import { type RequestHandler, Router } from 'express';
import { search } from '../../../search/search.ts';
import type { RoutePorts } from '../ports.ts';
import { queryNumber, queryText } from '../query.ts';
import { rowsFrom, sendList } from '../sending/list-pages.ts';

const COLUMNS = ['kind', 'id', 'title', 'href', 'connection', 'match.field', 'match.text'];
const DEFAULT_LIMIT = 20;

/** Finds by number, external id, event id, item, line position, party, document or receipt, best matches first. */
export function searchRoutes({ context, readSemaphore }: Pick<RoutePorts, 'context' | 'readSemaphore'>): Router {
  const router = Router();
  const find: RequestHandler = async (request, response) => {
    const connections = context.connections.list().map(({ name }) => name);
    const limit = queryNumber(request, 'limit') ?? DEFAULT_LIMIT;
    const text = (queryText(request, 'q') ?? '').trim();
    const read = async (after: string | null, most: number) =>
      rowsFrom('search', await search(context.db.read, text, { connections, limit }), after, most);
    await sendList(request, response, readSemaphore, { after: null, limit, columns: COLUMNS, read });
  };
  router.get('/', find);
  return router;
}
