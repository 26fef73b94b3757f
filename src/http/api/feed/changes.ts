import { type Request, type Response, Router } from 'express';
import { findPosition } from '../../../feed/find-position.ts';
import type { FeedFilter } from '../../../store/feed/read-changes.ts';
import { changeText } from '../../../views/change.ts';
import type { ApiPorts } from '../ports.ts';
import { queryLimit, queryList, queryNumber, queryText } from '../query.ts';
import { sendChanges } from '../send-changes.ts';
import { endOf, type FeedPage, follow, readPage, writeAll } from './feed.ts';

type Ports = Pick<ApiPorts, 'context' | 'stop'>;

/** A comment line keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
const STREAM_PAGE = 200;

export function changeRoutes(ports: Ports): Router {
  const router = Router();
  router.get('/', (request, response) => sendFeed(ports, request, response));
  router.get('/stream', (request, response) => streamFeed(ports, request, response));
  return router;
}

const filterAsked = (request: Request): FeedFilter => ({
  kinds: queryList(request, 'kind'),
  connections: queryList(request, 'connection'),
});

async function sendFeed(ports: Ports, request: Request, response: Response): Promise<void> {
  const wanted = {
    filter: filterAsked(request),
    after: await findPosition(ports.context.db.read, queryText(request, 'after')),
    limit: queryLimit(request),
    waitMs: (queryNumber(request, 'wait') ?? 0) * 1000,
  };
  const end = endOf(response, ports.stop);
  await sendFeedPage(request, response, await readPage(ports, wanted, end));
}

/** A page of the feed: `next` is the position to go on from, `after` itself while there is nothing new. */
export async function sendFeedPage(request: Request, response: Response, page: FeedPage): Promise<void> {
  if (!response.destroyed) await sendChanges(request, response, page.rows, page.next.cursor);
}

/** Server-sent events: `id` is the cursor, `data` the entry. A client that reads slowly is waited for; it holds no more than a page here. */
async function streamFeed(ports: Ports, request: Request, response: Response): Promise<void> {
  const after = await findPosition(ports.context.db.read, request.get('last-event-id') || queryText(request, 'after'));
  const end = endOf(response, ports.stop);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // nginx holds answers back otherwise (nginx.org, X-Accel-Buffering).
    'X-Accel-Buffering': 'no',
  });
  if (request.method === 'HEAD') return void response.end();
  await writeAll(response, 'retry: 2000\n\n', end);
  const pages = follow(ports, { filter: filterAsked(request), after, limit: STREAM_PAGE, quietMs: HEARTBEAT_MS }, end);
  for await (const { rows, next } of pages) {
    const text = rows.map((change) => `id: ${change.cursor}\ndata: ${changeText(change)}\n\n`).join('');
    // An id without data is kept by the client and shown to nobody: it resumes past what the filter has left out.
    if (!(await writeAll(response, text || `: still here\nid: ${next.cursor}\n\n`, end))) break;
  }
  response.end();
}
