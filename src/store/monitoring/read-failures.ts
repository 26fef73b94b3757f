import type { DeadDeliveries, FailedDocuments } from '../../domain/alert.ts';
import { type DocumentColumns, GIVEN_UP, toAnnounced } from '../documents/row.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, where } from '../engine/where.ts';

interface DeadRow {
  connection: string;
  count: number | string;
  id: string;
  event_type: string | null;
  subject: string | null;
  error: string | null;
}

/** By connection (null: all that have any), its dead deliveries and the one that failed last. */
export async function readDeadDeliveries(sql: Sql, connection: string | null): Promise<DeadDeliveries[]> {
  const condition = where([`state = 'dead'`], equals('connection', connection));
  const rows = await sql.all<DeadRow>(
    `select found.connection, found.count, d.id, d.event_type, d.subject, d.error
     from (select connection, count(*) as count,
         (select n.seq from deliveries n where n.state = 'dead' and n.connection = deliveries.connection
          order by n.finished_at desc, n.seq desc limit 1) as newest
       from deliveries where ${condition.text} group by connection) as found
     join deliveries d on d.seq = found.newest`,
    condition.bindings,
  );
  return rows.map(({ connection: name, count, id, event_type, subject, error }) => ({
    connection: name,
    count: numberOf(count),
    newest: { id, eventType: event_type, subject, error },
  }));
}

type FailedRow = Pick<DocumentColumns, 'connection' | 'id' | 'announced' | 'filename' | 'state' | 'error'> & { count: number | string };

/** By connection (null: all that have any), its current documents that failed permanently and the one announced last. */
export async function readFailedDocuments(sql: Sql, connection: string | null): Promise<FailedDocuments[]> {
  const condition = where([GIVEN_UP], equals('connection', connection));
  const rows = await sql.all<FailedRow>(
    `select found.connection, found.count, d.id, d.announced, d.filename, d.state, d.error
     from (select connection, count(*) as count,
         (select n.id from documents n where ${GIVEN_UP} and n.connection = documents.connection
          order by n.announced_at desc, n.seq desc limit 1) as newest
       from documents where ${condition.text} group by connection) as found
     join documents d on d.id = found.newest`,
    condition.bindings,
  );
  return rows.map((row) => ({
    connection: row.connection,
    count: numberOf(row.count),
    newest: { id: row.id, name: toAnnounced(row.announced).name || row.filename || row.id, state: row.state, error: row.error },
  }));
}
