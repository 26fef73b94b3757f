import type { Sql } from '../engine/database.ts';
import { storableText } from '../engine/rows.ts';

export interface AuditEntry {
  at: string;
  who: string;
  keyName: string | null;
  via: 'api' | 'console' | 'cli' | 'service';
  address: string | null;
  /** `thing.verb`, such as `delivery.replay`. */
  action: string;
  /** `kind:name`, such as `consumer:erp`; null: no particular object. */
  target: string | null;
  connection: string | null;
  /** `done`, or the code of the error that refused it. */
  result: string;
  details: Readonly<Record<string, string | number | boolean | null>>;
  requestId: string | null;
}

export async function insertAudit(sql: Sql, entry: AuditEntry): Promise<void> {
  await sql.all(
    `insert into audit (at, who, key_name, via, address, action, target, connection, result, details, request_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ...[entry.at, storableText(entry.who), entry.keyName, entry.via, entry.address, entry.action],
      ...[entry.target === null ? null : storableText(entry.target), entry.connection, entry.result],
      ...[storableText(JSON.stringify(entry.details)), entry.requestId],
    ],
  );
}
