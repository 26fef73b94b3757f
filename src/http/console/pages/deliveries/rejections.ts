import { listResponsesByHour } from '../../../../store/monitoring/list-responses.ts';
import { table } from '../../components.ts';
import { countText } from '../../format.ts';
import { html } from '../../html.ts';
import type { ConsolePorts, Page } from '../../page.ts';
import { hourText } from '../../times.ts';
import { namedConnection } from '../overview/connection.ts';

const DAY_MS = 86_400_000;

/** Requests that were answered with an error in the last day. */
export const rejectionsPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const { name } = namedConnection(ports, visit);
    const since = new Date(visit.now.getTime() - DAY_MS).toISOString();
    const rejected = (await listResponsesByHour(ports.context.db.read, name, since)).filter(({ status }) => status >= 400);
    const total = rejected.reduce((sum, { count }) => sum + count, 0);
    return {
      title: `Rejected requests of ${name}`,
      lead: html`<p>${total === 0 ? 'No request was rejected in the last 24 hours.' : `${countText(total, 'request was', 'requests were')} rejected in the last 24 hours.`}</p>`,
      body: table(
        'Rejected requests',
        ['Hour', 'Status', 'Requests'],
        rejected.map(({ hour, status, count }) => ({ cells: [hourText(new Date(`${hour}:00:00Z`), visit.zone), status, count] })),
        'None.',
      ),
    };
  };
