import type { Role } from '../../domain/role.ts';
import type { Sql } from '../engine/database.ts';

/** Stores a key by its hash; false when the name is taken. */
export async function insertApiKey(sql: Sql, key: { name: string; role: Role; keyHash: string; createdAt: string }): Promise<boolean> {
  const statement = 'insert into api_keys (name, role, key_hash, created_at) values (?, ?, ?, ?) on conflict do nothing returning name';
  return (await sql.all(statement, [key.name, key.role, key.keyHash, key.createdAt])).length === 1;
}

/** False when there was none of this name. */
export async function deleteApiKey(sql: Sql, name: string): Promise<boolean> {
  return (await sql.all('delete from api_keys where name = ? returning name', [name])).length === 1;
}

export async function recordApiKeyUse(sql: Sql, name: string, at: string): Promise<void> {
  await sql.all('update api_keys set last_used_at = ? where name = ?', [at, name]);
}
