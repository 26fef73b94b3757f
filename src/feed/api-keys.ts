import { createHash, randomBytes } from 'node:crypto';
import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { Refused } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';
import { isWithin, type KeyLimits } from '../domain/scope.ts';
import { deleteApiKey, insertApiKey, recordApiKeyUse } from '../store/access/api-keys.ts';
import { listApiKeys } from '../store/access/list-api-keys.ts';

type KeysContext = Pick<Context, 'db' | 'clock'>;

/** A key as it is shown once: afterwards only its hash is held. */
export interface NewApiKey extends KeyLimits {
  name: string;
  role: Role;
  createdAt: string;
  key: string;
}

/** A key holds 256 random bits: a plain hash of it can be stored, there is nothing to guess. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** The characters by which a key is recognised before it is checked: too few to guess the rest by, enough to tell keys apart. */
export const keyPrefix = (key: string): string => key.slice(0, 8);

/** What a key may do, and what it is limited to; absent or null: no limit. */
export interface WantedKey extends Partial<KeyLimits> {
  name: string;
  role: Role;
}

/** Makes a key. Refuses a name that is taken (409 `key_exists`). */
export function createKey(context: AuditContext, wanted: WantedKey): Promise<NewApiKey> {
  const { name, role, connections = null, consumers = null } = wanted;
  const details = { role, connections: connections?.join(' ') ?? null, consumers: consumers?.join(' ') ?? null };
  const key = { name, role, connections, consumers };
  return audited(context, { action: 'key.create', target: `key:${name}`, details }, () => makeKey(context, key));
}

async function makeKey(context: KeysContext, wanted: Pick<NewApiKey, 'name' | 'role' | keyof KeyLimits>): Promise<NewApiKey> {
  const key = `od_${randomBytes(32).toString('base64url')}`;
  const createdAt = isoTime(context.clock.now());
  const made = await context.db.write((sql) => {
    if (!isWithin(sql.scope ?? null, wanted))
      throw new Refused(403, 'beyond_scope', 'A limited key makes only keys for what it reaches itself.');
    return insertApiKey(sql, { ...wanted, keyHash: hashKey(key), prefix: keyPrefix(key), createdAt });
  });
  if (!made) throw new Refused(409, 'key_exists', `There is a key named ${wanted.name} already.`);
  return { ...wanted, createdAt, key };
}

/** Ends a key at once, on every process. Refuses an unknown name (404). */
export function deleteKey(context: AuditContext, name: string): Promise<void> {
  return audited(context, { action: 'key.delete', target: `key:${name}` }, async () => {
    const deleted = await context.db.write(async (sql) => {
      const isKnown = (await listApiKeys(sql)).some((key) => key.name === name);
      return isKnown && deleteApiKey(sql, name);
    });
    if (!deleted) throw new Refused(404, 'not_found', `There is no key named ${name}.`);
  });
}

export async function recordKeyUse(context: KeysContext, name: string, key: string): Promise<void> {
  const at = isoTime(context.clock.now());
  await context.db.write((sql) => recordApiKeyUse(sql, { name, prefix: keyPrefix(key), at }));
}
