import { Router } from 'express';
import { type AuditRow, listAudit } from '../../../store/access/list-audit.ts';
import { callerOf } from '../auth.ts';
import { auditSeenBy } from '../caller.ts';
import type { RoutePorts } from '../ports.ts';
import { queryLimit, queryText, queryTime } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { sendList } from '../sending/list-pages.ts';

const auditView = ({ seq: _seq, ...entry }: AuditRow) => entry;

const COLUMNS = ['at', 'who', 'keyName', 'via', 'address', 'action', 'target', 'connection', 'result', 'details', 'requestId'];

/** Who changed what, newest first. */
export function auditRoutes({ context, readSemaphore }: Pick<RoutePorts, 'context' | 'readSemaphore'>): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = {
      seenBy: auditSeenBy(callerOf(response)),
      who: queryText(request, 'who'),
      action: queryText(request, 'action'),
      target: queryText(request, 'target'),
      connection: queryText(request, 'connection'),
      from: queryTime(request, 'from'),
      to: queryTime(request, 'to'),
    };
    const read = async (after: string | null, most: number) =>
      (await listAudit(context.db.read, filter, { before: readSequenceCursor('audit', after), limit: most })).map((row) => ({
        cursor: listCursor('audit', [row.seq]),
        view: auditView(row),
      }));
    await sendList(request, response, readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
  });
  return router;
}
