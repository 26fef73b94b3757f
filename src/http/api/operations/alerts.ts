import { type Request, Router } from 'express';
import { z } from 'zod';
import { Refused } from '../../../domain/errors.ts';
import { acknowledge, mute } from '../../../monitoring/alert-actions.ts';
import { type AlertRow, listAlerts } from '../../../store/monitoring/list-alerts.ts';
import { alertId, alertView } from '../../../views/alert.ts';
import type { RoutePorts } from '../ports.ts';
import { pathText, queryChoice, queryLimit, queryText, timeOf } from '../query.ts';
import { listCursor, readSequenceCursor } from '../sending/cursors.ts';
import { sendList } from '../sending/list-pages.ts';
import { sendJson } from '../sending/send-response.ts';

const COLUMNS = [
  ...['id', 'code', 'level', 'state', 'connection', 'since', 'resolvedAt', 'count', 'text', 'remedy', 'details'],
  ...['acknowledgedAt', 'acknowledgedBy', 'mutedUntil'],
] as const satisfies readonly (keyof ReturnType<typeof alertView>)[];

// The OpenAPI validator has checked the body; the schema only gives it a type.
const muteBody = z.object({ until: z.string().nullable() });

const ALERT_STATES = ['open', 'resolved', 'all'] as const;
/** Open alerts of one code and connection. */
const MOST_OPEN = 1000;

export function alertRoutes({ context, readSemaphore }: Pick<RoutePorts, 'context' | 'readSemaphore'>): Router {
  const router = Router();
  const sql = context.db.read;
  const named = async (request: Request): Promise<AlertRow> => {
    const id = pathText(request, 'id');
    const [code = '', connection = ''] = id.split('~');
    const open = await listAlerts(sql, { state: 'open', code, connection: connection === '' ? null : connection }, { limit: MOST_OPEN });
    const alert = open.find((one) => alertId(one) === id);
    if (!alert) throw new Refused(404, 'not_found', 'There is no open alert with this id.');
    return alert;
  };

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = {
      state: queryChoice(request, 'state', ALERT_STATES) ?? 'open',
      code: queryText(request, 'code'),
      connection: queryText(request, 'connection'),
    };
    const read = async (after: string | null, most: number) => {
      const skip = readSequenceCursor('alerts', after) ?? 0;
      const found = await listAlerts(sql, filter, { skip, limit: most });
      return found.map((row, index) => ({ cursor: listCursor('alerts', [skip + index + 1]), view: alertView(row) }));
    };
    await sendList(request, response, readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
  });

  router.post('/:id/acknowledge', async (request, response) => {
    await acknowledge(context, await named(request));
    await sendJson(request, response, alertView(await named(request)));
  });

  router.post('/:id/mute', async (request, response) => {
    const { until } = muteBody.parse(request.body);
    await mute(context, await named(request), until === null ? null : timeOf(until, 'until'));
    await sendJson(request, response, alertView(await named(request)));
  });
  return router;
}
