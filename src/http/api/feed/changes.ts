import { type Request, type Response, Router } from 'express';
import { findPosition, findSpan } from '../../../feed/find-position.ts';
import { CHANGE_COLUMNS } from '../../../views/change.ts';
import type { RoutePorts } from '../ports.ts';
import { queryLimit, queryList, queryNumber, queryText } from '../query.ts';
import { createPacedWriter } from '../sending/paced-writer.ts';
import { writeRows } from '../sending/row-pages.ts';
import { sendRows } from '../sending/send-rows.ts';
import { endOf, type FeedPage, type FeedQuery, follow, readPage } from './feed.ts';

type Ports = Pick<RoutePorts, 'context' | 'stop' | 'readSemaphore'>;

/** A comment line keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
const STREAM_PAGE = 200;

export function changeRoutes(ports: Ports): Router {
  const router = Router();
  router.get('/', (request, response) => sendFeed(ports, request, response));
  router.get('/stream', (request, response) => streamFeed(ports, request, response));
  return router;
}

/** `include`: what each entry is returned with. */
export function includeParam(request: Request): FeedQuery['parts'] {
  const include = queryList(request, 'include') ?? [];
  return { state: include.includes('state'), entity: include.includes('entity') };
}

const filterParams = (request: Request): FeedQuery['filter'] => ({
  kinds: queryList(request, 'kind'),
  connections: queryList(request, 'connection'),
});

async function sendFeed(ports: Ports, request: Request, response: Response): Promise<void> {
  const query = {
    filter: filterParams(request),
    parts: includeParam(request),
    ...(await findSpan(ports.context.db.read, queryText(request, 'after'))),
    limit: queryLimit(request),
    waitMs: (queryNumber(request, 'wait') ?? 0) * 1000,
  };
  await sendFeedPage(ports, request, response, await readPage(ports, query, endOf(response, ports.stop)), query.parts);
}

/** A page of the feed: `next` is the position to continue from, and equals `after` while there is nothing new. */
export function sendFeedPage(
  { readSemaphore }: Pick<Ports, 'readSemaphore'>,
  request: Request,
  response: Response,
  { page, next }: FeedPage,
  parts: FeedQuery['parts'],
): Promise<void> {
  const columns = [...CHANGE_COLUMNS, ...(parts.state ? ['state'] : []), ...(parts.entity ? ['entity'] : [])];
  return sendRows(request, response, readSemaphore, async () => ({ page, next: next.cursor, columns }));
}

/** Server-sent events: `id` is the cursor, `data` the entry. A slow client is waited for, with at most one piece in memory. */
async function streamFeed(ports: Ports, request: Request, response: Response): Promise<void> {
  const after = await findPosition(ports.context.db.read, request.get('last-event-id') || queryText(request, 'after'));
  const end = endOf(response, ports.stop);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Otherwise nginx buffers responses (nginx.org, X-Accel-Buffering).
    'X-Accel-Buffering': 'no',
  });
  if (request.method === 'HEAD') return void response.end();
  const writer = createPacedWriter(response, false);
  end.addEventListener('abort', () => response.end(), { once: true });
  const query = { filter: filterParams(request), parts: includeParam(request), after, limit: STREAM_PAGE, waitMs: HEARTBEAT_MS };
  if (!(await writer.write('retry: 2000\n\n'))) return;
  for await (const { page, next } of follow(ports, query, end)) {
    const isThere =
      page.count > 0
        ? await writeRows(writer, page, ports.readSemaphore, ({ cursor, text }) => `id: ${cursor}\ndata: ${text}\n\n`)
        : // The client remembers an id without data but dispatches no event: it resumes after what the filter has skipped.
          await writer.write(`: still here\nid: ${next.cursor}\n\n`);
    if (!isThere) break;
  }
}
