import { z } from 'zod';
import { ENTITY_KINDS } from '../../../domain/entities/entity.ts';
import { isObject, type JsonObject } from '../../../domain/values/json.ts';
import { allowIps, authEntries, secretList } from '../../contract/auth-entry.ts';
import { PRESET_NAMES } from '../presets.ts';
import { EXPRESSION } from './expression.ts';

const expression = z
  .string()
  .regex(EXPRESSION, 'expected header:NAME, a JSON pointer such as /data/id, or several of them separated by " | "');
const headerName = z.string().regex(/^[A-Za-z0-9-]+$/);
const patterns = z.array(z.string().min(1));

export const timestamp = z.strictObject({
  header: headerName.optional(),
  pointer: z.string().startsWith('/').optional(),
  /** The prefix of the time if it shares its header with the signature: `t=`. */
  prefix: z.string().min(1).optional(),
  unit: z.enum(['s', 'ms']).default('s'),
  toleranceSeconds: z.number().positive().default(300),
});

const signature = z.strictObject({
  scheme: z.enum(['standard-webhooks', 'hmac', 'hash']).optional(),
  header: headerName.optional(),
  algorithm: z.enum(['sha1', 'sha256', 'sha512']).optional(),
  /** Default: either. */
  encoding: z.enum(['hex', 'base64']).optional(),
  keyEncoding: z.enum(['text', 'hex', 'base64']).default('text'),
  /** The prefix of each signature: `sha256=`, `v1=`. */
  prefix: z.string().optional(),
  template: z.string().min(1).optional(),
  timestamp: timestamp.optional(),
  secret: secretList,
});

const entity = z.strictObject({
  kind: z.enum(ENTITY_KINDS).optional(),
  id: expression.optional(),
  updatedAt: expression.optional(),
  number: expression.optional(),
  status: expression.optional(),
  currency: expression.optional(),
  total: expression.optional(),
  /** Event types about the entity, exact or ending in `*`. Default: all. */
  types: patterns.optional(),
  /** Event types that report its deletion. */
  deletedTypes: patterns.optional(),
});

/** A connection as written in the file: everything is optional that a preset or a default can fill in. */
export const written = z.strictObject({
  preset: z.enum(PRESET_NAMES).optional(),
  webhook: z.strictObject({
    auth: authEntries,
    allowIps,
    signature: signature.optional(),
    /** The address as registered with the sender, if its signature covers it. Default: the address as far as it is known. */
    url: z.url({ protocol: /^https?$/ }).optional(),
  }),
  dedupe: z.union([expression.transform((one) => [one]), z.array(expression).min(1)]).optional(),
  type: expression.optional(),
  entity: entity.optional(),
});
export type Written = z.infer<typeof written>;

const WEBHOOK_MEMBERS = ['signature', 'auth', 'allowIps', 'url'];
const CONNECTION_MEMBERS = ['preset', 'dedupe', 'type', 'entity'];

/** Members are accepted on both levels, since those of the webhook and of the connection are easily confused. */
export function gather(value: unknown): unknown {
  if (!isObject(value) || !(value.webhook === undefined || isObject(value.webhook))) return value;
  const { webhook: inner, ...connection } = value;
  const webhook: JsonObject = isObject(inner) ? { ...inner } : {};
  move(WEBHOOK_MEMBERS, connection, webhook);
  if (isObject(webhook.signature)) {
    const own: JsonObject = { ...webhook.signature };
    move(['preset'], own, connection);
    move(['url'], own, webhook);
    webhook.signature = own;
  }
  if (webhook.secret !== undefined && (webhook.signature === undefined || isObject(webhook.signature))) {
    webhook.signature = { secret: webhook.secret, ...webhook.signature };
    delete webhook.secret;
  }
  move(CONNECTION_MEMBERS, webhook, connection);
  return { ...connection, webhook };
}

function move(names: readonly string[], from: JsonObject, to: JsonObject): void {
  for (const name of names) {
    if (from[name] === undefined || to[name] !== undefined) continue;
    to[name] = from[name];
    delete from[name];
  }
}
