import { createHash, randomBytes } from 'node:crypto';
import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { Refused } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';
import { isWithin, type KeyLimits } from '../domain/scope.ts';
import { deleteApiKey, insertApiKey, recordApiKeyUse } from '../store/access/api-keys.ts';
import { listApiKeys } from '../store/access/list-api-keys.ts';
import type { Sql } from '../store/engine/database.ts';

type KeysContext = Pick<Context, 'db' | 'clock'>;

/** A key as it is shown, once: afterwards only its hash is stored. */
export interface NewApiKey extends KeyLimits {
  name: string;
  role: Role;
  createdAt: string;
  key: string;
}

/** A key has 256 random bits, so it cannot be guessed and a plain hash of it is enough. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** The characters by which a key is recognised before it is verified: enough to distinguish keys, too few to help guess the rest. */
export const keyPrefix = (key: string): string => key.slice(0, 8);

/** The role of a key and its limits; absent or null: unlimited. */
export interface WantedKey extends Partial<KeyLimits> {
  name: string;
  role: Role;
}

/** The context of an action, and the keys from the settings, whose names are taken and which only the settings can remove. */
type KeyActionContext = AuditContext & { settingsKeys: readonly { name: string }[] };

const isSetting = ({ settingsKeys }: KeyActionContext, name: string): boolean => settingsKeys.some((key) => key.name === name);

/** Creates a key. Rejects a name that is taken (409 `key_exists`). */
export async function createKey(context: KeyActionContext, wanted: WantedKey): Promise<NewApiKey> {
  const { name, role, connections = null, consumers = null } = wanted;
  if (isSetting(context, name)) throw new Refused(409, 'key_exists', `A key named ${name} is configured in API_KEYS.`);
  const details = { role, connections: connections?.join(' ') ?? null, consumers: consumers?.join(' ') ?? null };
  const key = { name, role, connections, consumers };
  return audited(context, { action: 'key.create', target: `key:${name}`, details }, () => makeKey(context, key));
}

async function makeKey(context: KeysContext, wanted: Pick<NewApiKey, 'name' | 'role' | keyof KeyLimits>): Promise<NewApiKey> {
  const key = `od_${randomBytes(32).toString('base64url')}`;
  const createdAt = isoTime(context.clock.now());
  const made = await context.db.write((sql) => {
    if (!isWithin(sql.scope ?? null, wanted))
      throw new Refused(403, 'beyond_scope', 'A limited key can create keys only within its own limits.');
    return insertApiKey(sql, { ...wanted, keyHash: hashKey(key), prefix: keyPrefix(key), createdAt });
  });
  if (!made) throw new Refused(409, 'key_exists', `A key named ${wanted.name} already exists.`);
  return { ...wanted, createdAt, key };
}

/** Revokes a key immediately, in every process. Rejects a name that only a key from the settings has (409) and an unknown one (404). */
export async function deleteKey(context: KeyActionContext, name: string): Promise<void> {
  const isKnown = async (sql: Sql): Promise<boolean> => (await listApiKeys(sql)).some((key) => key.name === name);
  // An unknown name may be a key that was sent in place of its name.
  const target = (await isKnown(context.db.read)) ? `key:${name}` : 'key';
  await audited(context, { action: 'key.delete', target }, async () => {
    const deleted = await context.db.write(async (sql) => (await isKnown(sql)) && deleteApiKey(sql, name));
    if (!deleted && isSetting(context, name))
      throw new Refused(409, 'key_in_settings', `The key ${name} is configured in API_KEYS and must be removed there.`);
    if (!deleted) throw new Refused(404, 'not_found', `There is no key named ${name}.`);
  });
}

export async function recordKeyUse(context: KeysContext, name: string, key: string): Promise<void> {
  const at = isoTime(context.clock.now());
  await context.db.write((sql) => recordApiKeyUse(sql, { name, prefix: keyPrefix(key), at }));
}
