import { Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { listRuns, readGaps, readRun } from '../../../store/reconciliation/list-runs.ts';
import { runView } from '../../../views/run.ts';
import type { RoutePorts } from '../ports.ts';
import { pathText, queryLimit, queryText } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { sendList } from '../sending/list-pages.ts';
import { sendResource } from '../sending/send-response.ts';

const COLUMNS = [
  'id',
  'connection',
  'trigger',
  'state',
  'startedAt',
  'finishedAt',
  'watermark',
  'error',
  'counts.seen',
  'counts.unchanged',
  'counts.applied',
  'counts.gaps',
  'counts.failed',
];

export function reconcileRunRoutes({ context, readSemaphore }: Pick<RoutePorts, 'context' | 'readSemaphore'>): Router {
  const router = Router();
  const sql = context.db.read;

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = { connection: queryText(request, 'connection'), state: queryText(request, 'state') };
    const read = async (after: string | null, most: number) =>
      (await listRuns(sql, filter, { before: readSequenceCursor('reconcile-runs', after), limit: most })).map((row) => ({
        cursor: listCursor('reconcile-runs', [row.seq]),
        view: runView(row),
      }));
    await sendList(request, response, readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
  });

  router.get('/:id', async (request, response) => {
    const run = await readRun(sql, pathText(request, 'id'));
    if (!run) throw new Refused(404, 'not_found', 'There is no reconcile run with this id.');
    await sendResource(request, response, { ...runView(run), gaps: await readGaps(sql, run.id) });
  });
  return router;
}
