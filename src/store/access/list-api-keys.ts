import type { Role } from '../../domain/role.ts';
import { isWithin, type KeyLimits } from '../../domain/scope.ts';
import { listAt } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';

export interface ApiKeyRow extends KeyLimits {
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
  connections: string | null;
  consumers: string | null;
}

const COLUMNS = 'name, role, created_at, last_used_at, connections, consumers';

const namesOf = (text: string | null): string[] | null => (text === null ? null : listAt(JSON.parse(text)).map(String));

const fromRow = (row: Row): ApiKeyRow => ({
  name: row.name,
  role: row.role,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  connections: namesOf(row.connections),
  consumers: namesOf(row.consumers),
});

/** The key with this hash (SHA-256, hex): the time of the lookup reveals nothing about the key itself. */
export async function readApiKeyByHash(sql: Sql, keyHash: string): Promise<ApiKeyRow | null> {
  const [row] = await sql.all<Row>(`select ${COLUMNS} from api_keys where key_hash = ?`, [keyHash]);
  return row ? fromRow(row) : null;
}

/** All stored keys that the reader may see, by name. There are few: they are created by hand. */
export async function listApiKeys(sql: Sql): Promise<ApiKeyRow[]> {
  const keys = (await sql.all<Row>(`select ${COLUMNS} from api_keys order by name`)).map(fromRow);
  return keys.filter((key) => isWithin(sql.scope ?? null, key));
}

/** Whether a stored key begins with these characters. */
export async function isKeyPrefix(sql: Sql, prefix: string): Promise<boolean> {
  return (await sql.all('select 1 as known from api_keys where prefix = ? limit 1', [prefix])).length === 1;
}
