import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';
import { type Json, listAt, objectAt, textAt } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';

/** The registrations at a platform when they were last read. */
export interface StoredRegistrations {
  checkedAt: string;
  registered: RegisteredWebhook[];
}

export async function upsertRegistrations(sql: Sql, connection: string, { checkedAt, registered }: StoredRegistrations): Promise<void> {
  await sql.all(
    `insert into registrations (connection, registered, checked_at) values (?, ?, ?)
     on conflict (connection) do update set registered = excluded.registered, checked_at = excluded.checked_at`,
    [connection, JSON.stringify(registered), checkedAt],
  );
}

/** Null: they have not been read yet, or cannot be read. */
export async function readRegistrations(sql: Sql, connection: string): Promise<StoredRegistrations | null> {
  const [row] = await sql.all<{ registered: string; checked_at: string }>(
    'select registered, checked_at from registrations where connection = ?',
    [connection],
  );
  return row ? { checkedAt: row.checked_at, registered: listAt(JSON.parse(row.registered)).map(toRegistration) } : null;
}

function toRegistration(stored: Json): RegisteredWebhook {
  const { id, name, url, events, enabled, statistics } = objectAt(stored);
  const counts = Object.entries(objectAt(statistics)).map(([count, value]) => [count, Number(value)] as const);
  return {
    id: textAt(id) ?? '',
    name: textAt(name),
    url: textAt(url),
    events: listAt(events).flatMap((event) => textAt(event) ?? []),
    enabled: enabled === true,
    statistics: statistics === null ? null : Object.fromEntries(counts),
  };
}
