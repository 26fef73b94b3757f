import { Router } from 'express';
import { type AuditRow, listAudit } from '../../../store/access/list-audit.ts';
import { callerOf } from '../auth.ts';
import type { ApiPorts } from '../ports.ts';
import { queryLimit, queryText, queryTime } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { cutPage, sendList } from '../sending/send-response.ts';

const auditView = ({ seq: _seq, ...entry }: AuditRow) => entry;

const COLUMNS = ['at', 'who', 'keyName', 'via', 'address', 'action', 'target', 'connection', 'result', 'details', 'requestId'];

/** Who changed what, newest first. */
export function auditRoutes({ context }: Pick<ApiPorts, 'context'>): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const { name, role, scope } = callerOf(response);
    const filter = {
      seenBy: role === 'reader' || scope !== null ? name : null,
      who: queryText(request, 'who'),
      action: queryText(request, 'action'),
      target: queryText(request, 'target'),
      connection: queryText(request, 'connection'),
      from: queryTime(request, 'from'),
      to: queryTime(request, 'to'),
    };
    const before = readSequenceCursor('audit', queryText(request, 'after'));
    const found = await listAudit(context.db.read, filter, { before, limit: limit + 1 });
    const page = cutPage(found, limit, (row) => listCursor('audit', [row.seq]));
    await sendList(request, response, { rows: page.rows.map(auditView), next: page.next, columns: COLUMNS });
  });
  return router;
}
