import { type RequestHandler, Router } from 'express';
import { search } from '../../../search/search.ts';
import type { ApiPorts } from '../ports.ts';
import { queryNumber, queryText } from '../query.ts';
import { sendList } from '../sending/send-response.ts';

const COLUMNS = ['kind', 'id', 'title', 'href', 'connection', 'match.field', 'match.text'];
const DEFAULT_LIMIT = 20;

/** Finds by number, external id, event id, item, line position, party, document or receipt, best matches first. */
export function searchRoutes({ context }: Pick<ApiPorts, 'context'>): Router {
  const router = Router();
  const find: RequestHandler = async (request, response) => {
    const connections = context.connections.list().map(({ name }) => name);
    const limit = queryNumber(request, 'limit') ?? DEFAULT_LIMIT;
    const rows = await search(context.db.read, (queryText(request, 'q') ?? '').trim(), { connections, limit });
    await sendList(request, response, { rows, next: null, columns: COLUMNS });
  };
  router.get('/', find);
  return router;
}
