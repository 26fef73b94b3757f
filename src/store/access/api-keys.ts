import type { Role } from '../../domain/role.ts';
import type { KeyLimits } from '../../domain/scope.ts';
import type { Sql } from '../engine/database.ts';

export interface NewKey extends KeyLimits {
  name: string;
  role: Role;
  keyHash: string;
  prefix: string;
  createdAt: string;
}

/** Stores a key by its hash; false if the name is taken. */
export async function insertApiKey(sql: Sql, key: NewKey): Promise<boolean> {
  const statement = `insert into api_keys (name, role, key_hash, prefix, created_at, connections, consumers) values (?, ?, ?, ?, ?, ?, ?)
    on conflict do nothing returning name`;
  const limits = [key.connections, key.consumers].map((names) => (names === null ? null : JSON.stringify(names)));
  return (await sql.all(statement, [key.name, key.role, key.keyHash, key.prefix, key.createdAt, ...limits])).length === 1;
}

/** False if no key has this name. */
export async function deleteApiKey(sql: Sql, name: string): Promise<boolean> {
  return (await sql.all('delete from api_keys where name = ? returning name', [name])).length === 1;
}

/** Records that a key was used; one that was created before prefixes were stored gets its prefix. */
export async function recordApiKeyUse(sql: Sql, used: { name: string; prefix: string; at: string }): Promise<void> {
  await sql.all('update api_keys set last_used_at = ?, prefix = ? where name = ?', [used.at, used.prefix, used.name]);
}
