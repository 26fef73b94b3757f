import type { Sql } from '../engine/database.ts';
import { numberOf, toScalars } from '../engine/rows.ts';
import { type Condition, equals, inScope, where } from '../engine/where.ts';
import type { AuditEntry } from './audit.ts';

export interface AuditRow extends AuditEntry {
  seq: number;
}

export interface AuditFilter {
  /** The name of a key that only sees its own entries; null: sees everything. */
  seenBy: string | null;
  who?: string | null;
  action?: string | null;
  target?: string | null;
  connection?: string | null;
  from?: string | null;
  to?: string | null;
}

interface Row {
  seq: number | string;
  at: string;
  who: string;
  key_name: string | null;
  via: AuditEntry['via'];
  address: string | null;
  action: string;
  target: string | null;
  connection: string | null;
  result: string;
  details: string;
  request_id: string | null;
}

/** Limited keys see entries about their connections and their own actions; `name` alone: its own actions and those of the service itself. */
function seenBy(sql: Sql, name: string | null): Condition {
  if (name === null) return null;
  const { text, bindings } = where(inScope(sql, 'connection'));
  return sql.scope?.connections ? [`(who = ? or ${text})`, name, ...bindings] : [`(who = ? or via = 'service')`, name];
}

/** Newest first, before position `before` (null: from the newest). */
export async function listAudit(sql: Sql, filter: AuditFilter, page: { before: number | null; limit: number }): Promise<AuditRow[]> {
  const condition = where(
    seenBy(sql, filter.seenBy),
    equals('who', filter.who ?? null),
    equals('action', filter.action ?? null),
    equals('target', filter.target ?? null),
    equals('connection', filter.connection ?? null),
    filter.from == null ? null : ['at >= ?', filter.from],
    filter.to == null ? null : ['at < ?', filter.to],
    page.before === null ? null : ['seq < ?', page.before],
  );
  const rows = await sql.all<Row>(
    `select seq, at, who, key_name, via, address, action, target, connection, result, details, request_id from audit
     where ${condition.text} order by seq desc limit ?`,
    [...condition.bindings, page.limit],
  );
  return rows.map((row) => ({
    seq: numberOf(row.seq),
    at: row.at,
    who: row.who,
    keyName: row.key_name,
    via: row.via,
    address: row.address,
    action: row.action,
    target: row.target,
    connection: row.connection,
    result: row.result,
    details: toScalars(row.details),
    requestId: row.request_id,
  }));
}
