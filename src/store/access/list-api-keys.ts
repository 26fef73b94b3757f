import type { Role } from '../../domain/role.ts';
import type { Sql } from '../engine/database.ts';

export interface ApiKeyRow {
  name: string;
  role: Role;
  createdAt: string;
  lastUsedAt: string | null;
}

interface Row {
  name: string;
  role: Role;
  created_at: string;
  last_used_at: string | null;
}

const fromRow = (row: Row): ApiKeyRow => ({ name: row.name, role: row.role, createdAt: row.created_at, lastUsedAt: row.last_used_at });

/** The key with this hash (SHA-256, hex): looking the hash up tells nothing of the key itself. */
export async function readApiKeyByHash(sql: Sql, keyHash: string): Promise<ApiKeyRow | null> {
  const [row] = await sql.all<Row>('select name, role, created_at, last_used_at from api_keys where key_hash = ?', [keyHash]);
  return row ? fromRow(row) : null;
}

/** All stored keys, by name. They are few: made by hand. */
export async function listApiKeys(sql: Sql): Promise<ApiKeyRow[]> {
  return (await sql.all<Row>('select name, role, created_at, last_used_at from api_keys order by name')).map(fromRow);
}
