import { badge, pager, table, time } from '../../components/components.ts';
import { countText } from '../../components/format.ts';
import { html } from '../../components/html.ts';
import { connectionLink, link } from '../../components/links.ts';
import { type ConsolePorts, cutRows, PAGE_ROWS, type Page, positionParam } from '../../page.ts';
import { namedConnection } from '../overview/connection.ts';

/** Requests rejected for their credentials: when, from where, why, and a description of the credentials. */
export const rejectionsPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const connection = namedConnection(ports, pageRequest);
    const { name, platform } = connection;
    const before = positionParam(pageRequest);
    const found = await ports.rejections(connection, { before, limit: PAGE_ROWS + 1 });
    const { rows, last } = cutRows(found);
    const path = `/connections/${encodeURIComponent(name)}/rejections`;
    return {
      title: `Rejected requests of ${name}`,
      lead: html`<p>${rows.length === 0 ? 'No request has been rejected for its credentials.' : html`${last === null ? countText(rows.length, 'request was', 'requests were') : 'Requests were'} rejected for wrong credentials. If the sender is the platform, give it the current secret, or add the old one to the list under “webhook” of <a href="${connectionLink(name)}">${name}</a> and reload (SIGHUP). ${platform.retryPolicy.rule}`}</p>`,
      body: html`${table(
        'Rejected requests',
        ['When', 'Status', 'Why', 'Credentials (description)', 'From'],
        rows.map((row) => ({
          cells: [
            time(row.at, pageRequest),
            badge(String(row.status), 'bad'),
            row.reason ?? row.code,
            row.credential === null ? html`<span class="faint">none</span>` : html`<code>${row.credential}</code>`,
            html`<code>${row.address ?? '–'}</code>`,
          ],
        })),
        'None. A request appears here if its secret, signature, address or scheme is not what this connection expects.',
      )}${pager(last && link(path, { before: last.seq }), before === null ? null : link(path))}`,
    };
  };
