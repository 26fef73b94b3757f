import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { ENTITY_KINDS, type EntityKind } from '../../domain/entities/entity.ts';
import type { AuthEntry } from '../contract/auth-entry.ts';
import type { HashAlgorithm, SignatureEncoding } from '../signature.ts';
import { PRESETS, type Preset, type PresetName } from './presets.ts';
import { gather, type timestamp, type Written, written } from './read/input-schema.ts';
import { placeholdersOf, spelledOut, unknownPlaceholders } from './read/template.ts';

/** How a signature is checked, with all defaults applied. A `timestamp` without header and pointer is that of Standard Webhooks. */
export interface SignatureRule {
  scheme: 'standard-webhooks' | 'hmac' | 'hash';
  header: string;
  algorithm: HashAlgorithm;
  encodings: readonly SignatureEncoding[];
  keyEncoding: 'text' | 'hex' | 'base64';
  prefix: string;
  template: string;
  timestamp: z.infer<typeof timestamp> | null;
  secrets: readonly string[];
}

export interface EntityRule {
  kind: EntityKind;
  id: string;
  updatedAt: string | undefined;
  number: string | undefined;
  status: string | undefined;
  currency: string | undefined;
  total: string | undefined;
  types: readonly string[] | undefined;
  deletedTypes: readonly string[];
}

export interface StandardSettings {
  preset: PresetName | null;
  webhook: { auth: AuthEntry[]; allowIps?: string[] | undefined; signature: SignatureRule | null; url: string | null };
  /** The parts of the dedupe key. */
  dedupe: readonly string[];
  /** Whether the digest of the body is part of it too. */
  digestInKey: boolean;
  type: string;
  entity: EntityRule | null;
}

export const standardSettings = z.preprocess(
  gather,
  written.transform((settings, context): StandardSettings => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const preset = settings.preset ? PRESETS[settings.preset] : undefined;
    const { allowIps: addresses, url } = settings.webhook;
    const auth = [...settings.webhook.auth, ...staticHeader(settings, preset)];
    const signature = resolveSignature(settings, preset, fault);
    const idHeader = standardHeader(signature?.scheme === 'standard-webhooks' ? signature.header : STANDARD_HEADER, 'id');
    return {
      preset: settings.preset ?? null,
      webhook: { auth, allowIps: addresses, url: url ?? null, signature },
      dedupe: settings.dedupe ?? preset?.dedupe ?? [`header:${idHeader}`],
      digestInKey: settings.dedupe === undefined && preset?.digestInKey === true,
      type: settings.type ?? preset?.type ?? '/type',
      entity: resolveEntity(settings, preset, fault),
    };
  }),
);

const STATIC_HEADER = 'X-Webhook-Secret';

/** A sender without signatures: the `secret` next to its preset is the value of a static header. */
function staticHeader({ webhook }: Written, preset: Preset | undefined): AuthEntry[] {
  const own = preset?.signature === null && webhook.signature?.scheme === undefined ? webhook.signature : undefined;
  return own ? [{ header: { name: own.header ?? STATIC_HEADER, value: own.secret } }] : [];
}

const STANDARD_HEADER = 'webhook-signature';

/** The headers that accompany a Standard Webhooks signature, lower case: some senders call them `svix-…`. */
export const standardHeader = (signatureHeader: string, name: 'id' | 'timestamp'): string =>
  signatureHeader.toLowerCase().replace(/-signature$/, `-${name}`);

type Fault = (path: string[], message: string) => void;

function resolveSignature({ webhook }: Written, preset: Preset | undefined, fault: Fault): SignatureRule | null {
  const own = webhook.signature;
  if (!own || (preset?.signature === null && own.scheme === undefined)) return null;
  const at = (name: string) => ['webhook', 'signature', name];
  const scheme = own.scheme ?? preset?.signature?.scheme;
  if (!scheme) {
    fault(at('scheme'), 'expected standard-webhooks, hmac or hash, or a preset');
    return null;
  }
  const encoding = own.encoding ?? preset?.signature?.encoding;
  const rule: SignatureRule = {
    scheme,
    header: own.header ?? preset?.signature?.header ?? (scheme === 'standard-webhooks' ? STANDARD_HEADER : ''),
    algorithm: own.algorithm ?? preset?.signature?.algorithm ?? 'sha256',
    encodings: encoding ? [encoding] : ['hex', 'base64'],
    keyEncoding: own.keyEncoding,
    prefix: own.prefix ?? preset?.signature?.prefix ?? '',
    template: spelledOut(own.template ?? preset?.signature?.template ?? '{body}'),
    timestamp: timestampOf(own.timestamp, preset?.signature?.timestamp),
    secrets: own.secret,
  };
  for (const [name, message] of faultsOf(rule)) fault(at(name), message);
  return rule;
}

/** A connection may widen the tolerance of a preset without repeating the location of its timestamp. */
const timestampOf = (
  own: SignatureRule['timestamp'] | undefined,
  preset: SignatureRule['timestamp'] | undefined,
): SignatureRule['timestamp'] =>
  own && preset && own.header === undefined && own.pointer === undefined
    ? { ...preset, toleranceSeconds: own.toleranceSeconds }
    : (own ?? preset ?? null);

function faultsOf(rule: SignatureRule): [name: string, message: string][] {
  const faults: [string, string][] = [];
  if (rule.scheme === 'standard-webhooks') {
    if (!rule.secrets.every(isStandardSecret))
      faults.push(['secret', 'expected whsec_ and base64, or whpk_ and the base64 of a public key']);
    return faults;
  }
  if (rule.header === '') faults.push(['header', 'expected the name of the header with the signature']);
  for (const name of unknownPlaceholders(rule.template)) faults.push(['template', `{${name}} is not known`]);
  if (rule.template.includes('{secret}') && rule.scheme !== 'hash') faults.push(['template', '{secret} is for the scheme hash only']);
  const place = rule.timestamp?.header ?? rule.timestamp?.pointer;
  if (rule.timestamp && place === undefined) faults.push(['timestamp', 'expected header or pointer']);
  if (placeholdersOf(rule.template).includes('timestamp') && place === undefined)
    faults.push(['timestamp', 'expected, for {timestamp} in the template']);
  const form = rule.keyEncoding === 'hex' ? /^(?:[0-9a-f]{2})+$/i : rule.keyEncoding === 'base64' ? /^[A-Za-z0-9+/]+={0,2}$/ : null;
  if (form && !rule.secrets.every((secret) => form.test(secret))) faults.push(['secret', `expected ${rule.keyEncoding}`]);
  return faults;
}

export const PUBLIC_KEY_PREFIX = 'whpk_';

function isStandardSecret(secret: string): boolean {
  if (secret.startsWith(PUBLIC_KEY_PREFIX)) return Buffer.from(secret.slice(PUBLIC_KEY_PREFIX.length), 'base64').length === 32;
  try {
    return new Webhook(secret) instanceof Webhook;
  } catch {
    return false;
  }
}

function resolveEntity({ entity: own, preset: name }: Written, preset: Preset | undefined, fault: Fault): EntityRule | null {
  if (!own && !preset) return null;
  const filled = preset?.entity;
  const kind = own?.kind ?? filled?.kind;
  const id = own?.id ?? filled?.id;
  if (!kind) fault(['entity', 'kind'], `expected one of ${ENTITY_KINDS.join(', ')}`);
  if (!id) fault(['entity', 'id'], 'expected header:NAME or a JSON pointer');
  if (!kind || !id) return null;
  // A connection that configures its own entity has its own event types, too.
  const types = own?.types ?? (own?.kind === undefined && name ? filled?.types : undefined);
  return {
    ...{ kind, id, types },
    updatedAt: own?.updatedAt ?? filled?.updatedAt,
    number: own?.number ?? filled?.number,
    status: own?.status ?? filled?.status,
    currency: own?.currency ?? filled?.currency,
    total: own?.total ?? filled?.total,
    deletedTypes: own?.deletedTypes ?? filled?.deletedTypes ?? [],
  };
}
