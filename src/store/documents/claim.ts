import type { DocumentReport } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { booleanOf, numberOf, rowsParameter, storableText } from '../engine/rows.ts';
import { inScope, where } from '../engine/where.ts';
import { type DocumentColumns, GIVEN_UP, toAnnounced } from './row.ts';

/** A document that this process has claimed for fetching. */
export interface ClaimedDocument extends DocumentSource {
  id: string;
  /** The announcement at the time of the claim, and its text: a newer one makes the download useless. */
  announced: DocumentReport;
  announcedText: string;
  /** Failed attempts so far. */
  tries: number;
  leaseUntil: string;
  /** Neither replaced nor removed at the time of the claim: only then is its failure worth an alert. */
  current: boolean;
  /** It has failed or been announced before. */
  again: boolean;
}

type ClaimedRow = Pick<
  DocumentColumns,
  'id' | 'connection' | 'host' | 'announced' | 'tries' | 'lease_until' | 'announced_at' | 'next_attempt_at'
> & { is_current: unknown };

const DUE = `state = 'announced' and next_attempt_at <= ? and (lease_until is null or lease_until <= ?)`;

/** True if a document is waiting to be fetched: checked before claiming, so that an idle process never takes the write lock. */
export async function isDocumentDue(sql: Sql, now: string): Promise<boolean> {
  return (await sql.all(`select 1 from documents where ${DUE} limit 1`, [now, now])).length > 0;
}

/** Where a document's content comes from: a partner's host, or (null) the platform's own API. */
export interface DocumentSource {
  connection: string;
  host: string | null;
}

/** How many may be claimed: `limit` in total, `atOnce` per source, including those of `busy` (one entry each). */
export interface DocumentPlaces {
  limit: number;
  atOnce: number;
  busy: readonly DocumentSource[];
  /** How many more of a connection. */
  perConnection?(connection: string): number;
}

interface CandidateRow {
  id: string;
  connection: string;
  host: string | null;
}

/** At most this many are examined at a time. */
const MOST_CANDIDATES = 2000;

/**
 * Claims due documents, untried ones and those of idle sources first: a slow or unreachable source does not delay documents of others. Two
 * processes never claim the same one.
 */
export async function claimDocuments(sql: Sql, claim: DocumentPlaces & { now: string; leaseUntil: string }): Promise<ClaimedDocument[]> {
  const candidates = await sql.all<CandidateRow>(
    `select id, connection, host from (
       select id, connection, host, tries, next_attempt_at, seq, row_number() over (partition by connection, host order by next_attempt_at, seq) as place
       from (select * from documents where ${DUE} order by next_attempt_at, seq limit ?) due) placed
     where place <= ? order by tries, place, next_attempt_at, seq`,
    [claim.now, claim.now, MOST_CANDIDATES, claim.atOnce],
  );
  const chosen = withinPlaces(candidates, claim).map(({ id }) => ({ id }));
  if (chosen.length === 0) return [];
  const rows = await sql.all<ClaimedRow>(
    `update documents set lease_until = ? where ${DUE} and id in (select rows.id from ${sql.dialect.rowsOf({ id: 'text' })})
     returning id, connection, host, announced, tries, lease_until, announced_at, next_attempt_at,
       superseded_by is null and removed_at is null as is_current`,
    [claim.leaseUntil, claim.now, claim.now, rowsParameter(chosen)],
  );
  return rows.map((row) => ({
    id: row.id,
    connection: row.connection,
    host: row.host,
    announced: toAnnounced(row.announced),
    announcedText: row.announced,
    tries: numberOf(row.tries),
    leaseUntil: row.lease_until,
    current: booleanOf(row.is_current),
    again: row.announced_at !== row.next_attempt_at,
  }));
}

function withinPlaces<One extends DocumentSource>(candidates: readonly One[], places: DocumentPlaces): One[] {
  const { limit, atOnce, busy, perConnection = () => limit } = places;
  const taken = new Map<string, number>();
  const take = (name: string, most: number): boolean => {
    const count = taken.get(name) ?? 0;
    if (count < most) taken.set(name, count + 1);
    return count < most;
  };
  const nameOf = ({ connection, host }: DocumentSource): string => JSON.stringify([connection, host]);
  for (const source of busy) take(nameOf(source), atOnce);
  const isFree = (one: One) => take(nameOf(one), atOnce) && take(one.connection, perConnection(one.connection));
  return candidates.filter(isFree).slice(0, limit);
}

/** Renews the lease; false if another process has claimed the document. */
export async function renewDocumentLease(
  sql: Sql,
  document: Pick<ClaimedDocument, 'id' | 'leaseUntil'>,
  leaseUntil: string,
): Promise<boolean> {
  const rows = await sql.all('update documents set lease_until = ? where id = ? and lease_until = ? returning id', [
    leaseUntil,
    document.id,
    document.leaseUntil,
  ]);
  return rows.length > 0;
}

export interface DocumentEnd {
  /** `announced`: it is retried at `nextAttemptAt`. */
  state: 'announced' | 'stored' | 'empty' | 'missing' | 'too_large' | 'refused' | 'failed';
  tries: number;
  error: string | null;
  nextAttemptAt: string;
  content: { sha256: string; bytes: number; contentType: string | null; filename: string | null; storedAt: string } | null;
}

/**
 * Records the result of an attempt and releases the document. False if it has been announced again or claimed by another process in the meantime:
 * then only our lease ends, and the newer announcement is fetched.
 */
export async function completeDocument(sql: Sql, document: ClaimedDocument, end: DocumentEnd): Promise<boolean> {
  const content = end.content;
  const settled = await sql.all(
    `update documents set state = ?, tries = ?, error = ?, next_attempt_at = ?, lease_until = null, sha256 = coalesce(?, sha256),
       bytes = coalesce(?, bytes), content_type = coalesce(?, content_type), filename = coalesce(?, filename), stored_at = coalesce(?, stored_at)
     where id = ? and lease_until = ? and state = 'announced' and announced = ? returning id`,
    [
      end.state,
      end.tries,
      end.error === null ? null : storableText(end.error),
      end.nextAttemptAt,
      content?.sha256 ?? null,
      content?.bytes ?? null,
      content?.contentType ? storableText(content.contentType) : null,
      content?.filename ? storableText(content.filename) : null,
      content?.storedAt ?? null,
      document.id,
      document.leaseUntil,
      document.announcedText,
    ],
  );
  if (settled.length > 0) return true;
  await sql.all('update documents set lease_until = null where id = ? and lease_until = ?', [document.id, document.leaseUntil]);
  return false;
}

/** Requeues a document whose fetch was abandoned; false if there is no such document, or it is stored or already waiting. */
export async function requeueDocument(sql: Sql, id: string, now: string): Promise<boolean> {
  const condition = where(['id = ?', id], inScope(sql, 'connection'));
  const rows = await sql.all(
    `update documents set state = 'announced', tries = 0, next_attempt_at = ?, lease_until = null
     where ${condition.text} and state in ('missing', 'too_large', 'refused', 'failed') returning id`,
    [now, ...condition.bindings],
  );
  return rows.length > 0;
}

/** True if a document of the connection has failed permanently and has not been stored since. */
export async function hasGivenUp(sql: Sql, connection: string): Promise<boolean> {
  const rows = await sql.all(`select 1 from documents where ${GIVEN_UP} and connection = ? limit 1`, [connection]);
  return rows.length > 0;
}
