import { Router } from 'express';
import { Refused } from '../../../domain/errors.ts';
import { listRuns, readGaps, readRun } from '../../../store/reconciliation/list-runs.ts';
import { runView } from '../../../views/run.ts';
import type { ApiPorts } from '../ports.ts';
import { pathText, queryLimit, queryText } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { cutPage, sendList, sendResource } from '../sending/send-response.ts';

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

export function reconcileRunRoutes({ context }: Pick<ApiPorts, 'context'>): Router {
  const router = Router();
  const sql = context.db.read;

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = { connection: queryText(request, 'connection'), state: queryText(request, 'state') };
    const before = readSequenceCursor('reconcile-runs', queryText(request, 'after'));
    const found = await listRuns(sql, filter, { before, limit: limit + 1 });
    const page = cutPage(found, limit, (row) => listCursor('reconcile-runs', [row.seq]));
    await sendList(request, response, { rows: page.rows.map(runView), next: page.next, columns: COLUMNS });
  });

  router.get('/:id', async (request, response) => {
    const run = await readRun(sql, pathText(request, 'id'));
    if (!run) throw new Refused(404, 'not_found', 'There is no reconcile run with this id.');
    await sendResource(request, response, { ...runView(run), gaps: await readGaps(sql, run.id) });
  });
  return router;
}
