import type { DocumentReport } from '../../domain/entity.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf, storableText } from '../engine/rows.ts';
import { inScope, where } from '../engine/where.ts';

/** A document that this process has taken to fetch. */
export interface ClaimedDocument {
  id: string;
  connection: string;
  /** The announcement as it stood when it was taken, and its text: a newer one makes the download worthless. */
  announced: DocumentReport;
  announcedText: string;
  /** Failed tries so far. */
  tries: number;
  leaseUntil: string;
  /** It has failed, or has been announced, before. */
  again: boolean;
}

interface ClaimedRow {
  id: string;
  connection: string;
  announced: string;
  tries: number | string;
  lease_until: string;
  announced_at: string;
  next_attempt_at: string;
}

const DUE = `state = 'announced' and next_attempt_at <= ? and (lease_until is null or lease_until <= ?)`;

/** True when a document waits to be fetched: asked before claiming, so that an idle process never takes the write lock. */
export async function isDocumentDue(sql: Sql, now: string): Promise<boolean> {
  return (await sql.all(`select 1 from documents where ${DUE} limit 1`, [now, now])).length > 0;
}

/** Takes up to `limit` due documents, longest waiting first, except those of `busy` connections. Two processes never take the same one. */
export async function claimDocuments(
  sql: Sql,
  claim: { now: string; leaseUntil: string; limit: number; busy: readonly string[] },
): Promise<ClaimedDocument[]> {
  const others = claim.busy.length === 0 ? '' : `and connection not in (${claim.busy.map(() => '?').join(', ')})`;
  const rows = await sql.all<ClaimedRow>(
    `update documents set lease_until = ? where ${DUE} and id in (
       select id from documents where ${DUE} ${others} order by next_attempt_at, seq limit ?)
     returning id, connection, announced, tries, lease_until, announced_at, next_attempt_at`,
    [claim.leaseUntil, claim.now, claim.now, claim.now, claim.now, ...claim.busy, claim.limit],
  );
  return rows.map((row) => ({
    id: row.id,
    connection: row.connection,
    announced: JSON.parse(row.announced) as DocumentReport,
    announcedText: row.announced,
    tries: numberOf(row.tries),
    leaseUntil: row.lease_until,
    again: row.announced_at !== row.next_attempt_at,
  }));
}

/** Lengthens the lease; false when the document is no longer ours. */
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
  /** `announced`: it is tried again at `nextAttemptAt`. */
  state: 'announced' | 'stored' | 'empty' | 'missing' | 'too_large' | 'refused' | 'failed';
  tries: number;
  error: string | null;
  nextAttemptAt: string;
  content: { sha256: string; bytes: number; contentType: string | null; filename: string | null; storedAt: string } | null;
}

/**
 * Writes how a try ended and gives the document back. False when it has been announced anew or taken by another process in between: then
 * only our lease ends, and the newer announcement is fetched.
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

/** Lets a document that has been given up be fetched again; false when there is none, or it is held or waits anyway. */
export async function requeueDocument(sql: Sql, id: string, now: string): Promise<boolean> {
  const asked = where(['id = ?', id], inScope(sql, 'connection'));
  const rows = await sql.all(
    `update documents set state = 'announced', tries = 0, next_attempt_at = ?, lease_until = null
     where ${asked.text} and state in ('missing', 'too_large', 'refused', 'failed') returning id`,
    [now, ...asked.bindings],
  );
  return rows.length > 0;
}

/** True when a document of the connection has been given up and not come since. */
export async function hasGivenUp(sql: Sql, connection: string): Promise<boolean> {
  // The first condition is that of the index.
  const rows = await sql.all(
    `select 1 from documents where state not in ('stored', 'empty') and state <> 'announced' and connection = ? limit 1`,
    [connection],
  );
  return rows.length > 0;
}
