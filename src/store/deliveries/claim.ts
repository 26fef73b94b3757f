import type { Delivery } from '../../domain/entities/delivery.ts';
import type { RecentContent, RecentContents } from '../../domain/entities/recent-contents.ts';
import type { JsonObject } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';
import type { Dialect } from '../engine/dialect.ts';
import { numberOf, rowsParameter } from '../engine/rows.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { CONTENT_COLUMNS, LARGE_BODY_BYTES, readContents, unpackSmall } from './contents.ts';
import { type DeliveryRow, deliveryColumns, toDelivery } from './row.ts';

// There are two ways to take a delivery. One that carries its content is taken and completed in one transaction (`takeDeliveries`): nothing is
// written before its end. One that needs a call to a platform is first marked as `working` under a lease (`claimDeliveries`), since a call may take
// a minute.

/** A taken delivery; headers and body of a large one are read when it is processed (`loadContents`). */
export interface ClaimedDelivery extends Delivery {
  bodyLoaded: boolean;
  bodyBytes: number;
  /** The body as it was parsed at intake, if that was just now. */
  document?: JsonObject | undefined;
}

/** No earlier delivery of its resource is unfinished. One index lookup for each row. */
const isFirst = ({ sameText }: Dialect): string => `(select 1 from deliveries e
  where ${sameText('e.subject', 'd.subject')} and e.connection = d.connection and e.state in ('pending', 'working') and e.id <> d.id
    and (e.seq < d.seq or e.state = 'working') limit 1) is null`;

export interface Take {
  now: string;
  limit: number;
  /** The maximum total bytes of bodies, not counting large ones: the rest is left for the next time. */
  mostBytes: number;
  /** Positions of deliveries that this process is already processing. */
  except: readonly number[];
  /** Contents that need not be read. */
  recent: Pick<RecentContents, 'take'>;
  /** Only these positions; null: all that are due. */
  only: readonly number[] | null;
}

type TakenRow = DeliveryRow & { packed: Buffer | null; body_bytes: number | null };

/**
 * Takes due deliveries that carry their content, oldest first, only the first of each resource. On engines with several writers the rows stay
 * locked until the transaction ends, and rows locked by others are skipped; on others the compare-and-set at the end decides.
 */
export async function takeDeliveries(sql: Sql, take: Take): Promise<ClaimedDelivery[]> {
  const listed = (column: string, seqs: readonly number[]) => `${column} in (${seqs.map(Number).join(', ')})`;
  const rows = await sql.all<TakenRow>(
    `with due as (
       select d.* from deliveries d
       where d.state = 'pending' and not d.notification and d.next_attempt_at <= ? and ${isFirst(sql.dialect)}
         ${take.except.length > 0 ? `and not ${listed('d.seq', take.except)}` : ''} ${take.only === null ? '' : `and ${listed('d.seq', take.only)}`}
       order by d.next_attempt_at, d.seq limit ? ${sql.dialect.skipLocked('d')}),
     sized as (
       select due.*, sum(case when c.body_bytes <= ${LARGE_BODY_BYTES} then c.body_bytes else 0 end) over (order by due.seq) as bytes
       from due left join delivery_contents c on c.seq = due.seq)
     select ${deliveryColumns('sized')}, ${CONTENT_COLUMNS} from sized left join delivery_contents c on c.seq = sized.seq
     where sized.bytes <= ? order by sized.seq`,
    [take.now, take.limit, take.mostBytes],
  );
  return rows.map((row) => toTaken(row, take.recent.take(row.id)));
}

const toTaken = (row: TakenRow, recent?: RecentContent): ClaimedDelivery => ({
  ...toDelivery(row),
  ...(row.packed === null ? NO_CONTENTS : (recent ?? unpackSmall(row.packed))),
  bodyLoaded: row.packed !== null || row.body_bytes === null,
  bodyBytes: numberOf(row.body_bytes),
});

const NO_CONTENTS = { headers: {}, body: Buffer.alloc(0) };

export interface Claim {
  worker: string;
  now: string;
  leaseUntil: string;
  limit: number;
  /** Only this connection; null: all. */
  connection: string | null;
  notifications: boolean;
  /** Only the delivery at this position. */
  only?: number | undefined;
}

// Claiming a mergeable notification frees its key: from then on a repeat is a new delivery.
const CLAIM = `update deliveries set state = 'working', worker = ?, lease_until = ?, started_at = coalesce(started_at, ?),
  dedupe_key = case when mergeable then dedupe_key || '#' || id else dedupe_key end, mergeable = ?`;

/** Claims due deliveries, oldest first, only the first of each resource. Compare-and-set on `state`, so that no two workers get the same one. */
export async function claimDeliveries(sql: Sql, claim: Claim): Promise<ClaimedDelivery[]> {
  const bindings: SqlValue[] = [claim.worker, claim.leaseUntil, claim.now, false, claim.now];
  if (claim.connection !== null) bindings.push(claim.connection);
  if (claim.only !== undefined) bindings.push(claim.only);
  const rows = await sql.all<DeliveryRow>(
    `${CLAIM} where state = 'pending' and id in (
       select d.id from deliveries d
       where d.state = 'pending' and ${claim.notifications ? 'd.notification' : 'not d.notification'} and d.next_attempt_at <= ?
         ${claim.connection === null ? '' : 'and d.connection = ?'} ${claim.only === undefined ? '' : 'and d.seq = ?'} and ${isFirst(sql.dialect)}
       order by d.next_attempt_at, d.seq limit ?)
     returning ${deliveryColumns()}`,
    [...bindings, claim.limit],
  );
  return withContents(sql, rows);
}

/** Claims the other notifications that wait for the same resource: one fetch serves them all. */
export async function claimCompanions(sql: Sql, claim: Claim, subjects: readonly string[]): Promise<ClaimedDelivery[]> {
  const rows = await sql.all<DeliveryRow>(
    `${CLAIM} where state = 'pending' and notification and replay is null and seq in (
       select d.seq from ${sql.dialect.rowsOf({ subject: 'text' })} cross join deliveries d
       where ${sql.dialect.sameText('d.subject', 'rows.subject')} and d.connection = ? and d.state = 'pending' and d.notification)
     returning ${deliveryColumns()}`,
    [claim.worker, claim.leaseUntil, claim.now, false, rowsParameter(subjects.map((subject) => ({ subject }))), claim.connection],
  );
  return withContents(sql, rows);
}

/** The claimed rows with their contents, in the order of their arrival. */
async function withContents(sql: Sql, rows: readonly DeliveryRow[]): Promise<ClaimedDelivery[]> {
  if (rows.length === 0) return [];
  const contents = await sql.all<Pick<TakenRow, 'seq' | 'packed' | 'body_bytes'>>(
    `select c.seq, ${CONTENT_COLUMNS} from ${sql.dialect.rowsOf({ seq: 'integer' })} cross join delivery_contents c where c.seq = rows.seq`,
    [rowsParameter(rows.map(({ seq }) => ({ seq: numberOf(seq) })))],
  );
  const bySeq = new Map(contents.map((row) => [numberOf(row.seq), row]));
  const none = { packed: null, body_bytes: null };
  return rows.map((row) => toTaken({ ...none, ...bySeq.get(numberOf(row.seq)), ...row })).sort((a, b) => a.seq - b.seq);
}

/** Reads headers and body of a large delivery. */
export async function loadContents(sql: Sql, delivery: ClaimedDelivery): Promise<void> {
  Object.assign(delivery, await readContents(sql, delivery.seq));
}
