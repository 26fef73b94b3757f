import { createHash, randomBytes } from 'node:crypto';
import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { Refused } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';
import { deleteApiKey, insertApiKey, recordApiKeyUse } from '../store/access/api-keys.ts';

type KeysContext = Pick<Context, 'db' | 'clock'>;

/** A key as it is shown once: afterwards only its hash is held. */
export interface NewApiKey {
  name: string;
  role: Role;
  createdAt: string;
  key: string;
}

/** A key holds 256 random bits: a plain hash of it can be stored, there is nothing to guess. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Makes a key. Refuses a name that is taken (409 `key_exists`). */
export function createKey(context: AuditContext, wanted: { name: string; role: Role }): Promise<NewApiKey> {
  const { name, role } = wanted;
  return audited(context, { action: 'key.create', target: `key:${name}`, details: { role } }, () => makeKey(context, wanted));
}

async function makeKey(context: KeysContext, wanted: { name: string; role: Role }): Promise<NewApiKey> {
  const key = `od_${randomBytes(32).toString('base64url')}`;
  const createdAt = isoTime(context.clock.now());
  const made = await context.db.write((sql) => insertApiKey(sql, { ...wanted, keyHash: hashKey(key), createdAt }));
  if (!made) throw new Refused(409, 'key_exists', `There is a key named ${wanted.name} already.`);
  return { ...wanted, createdAt, key };
}

/** Ends a key at once, on every process. Refuses an unknown name (404). */
export function deleteKey(context: AuditContext, name: string): Promise<void> {
  return audited(context, { action: 'key.delete', target: `key:${name}` }, async () => {
    const deleted = await context.db.write((sql) => deleteApiKey(sql, name));
    if (!deleted) throw new Refused(404, 'not_found', `There is no key named ${name}.`);
  });
}

export async function recordKeyUse(context: KeysContext, name: string): Promise<void> {
  await context.db.write((sql) => recordApiKeyUse(sql, name, isoTime(context.clock.now())));
}
