import { isUtf8 } from 'node:buffer';
import { Webhook } from 'standardwebhooks';
import { bodyText } from '../../domain/body-text.ts';
import { atPointer, type Json, parseJson, textAt } from '../../domain/json.ts';
import { firstAccepting } from '../contract/first-accepting.ts';
import type { AuthResult, CredentialChecker, WebhookRequest } from '../contract/webhook.ts';
import {
  digestHash,
  digestHmac,
  type Message,
  matchSignature,
  signatureValues,
  timestampMs,
  verifyEd25519,
  withinTolerance,
} from '../signature.ts';
import { textOf } from './read/expression.ts';
import { renderTemplate } from './read/template.ts';
import { PUBLIC_KEY_PREFIX, type SignatureRule, type StandardSettings, standardHeader } from './settings.ts';

/** By its signature, or by any entry of `webhook.auth` beside it. */
export async function authenticate(request: WebhookRequest, settings: StandardSettings, checker: CredentialChecker): Promise<AuthResult> {
  const { signature, auth } = settings.webhook;
  const signed = signature ? verifySignature(request, signature, settings, checker.now) : refused('no credentials are configured');
  if (signed.accepted || auth.length === 0) return signed;
  const admitted = await firstAccepting(auth, checker);
  return admitted.accepted || !signature ? admitted : signed;
}

function verifySignature(request: WebhookRequest, rule: SignatureRule, settings: StandardSettings, now: Date): AuthResult {
  const header = request.headers[rule.header.toLowerCase()];
  if (!header) return refused('there is no signature');
  return rule.scheme === 'standard-webhooks'
    ? verifyStandard(request, header, rule, now)
    : verifyDigest(request, header, rule, settings, now);
}

const DEFAULT_TOLERANCE_SECONDS = 300;

/** Standard Webhooks. The library signs; its own check reads the machine's clock and has a window that cannot be set. */
function verifyStandard({ headers, body }: WebhookRequest, header: string, rule: SignatureRule, now: Date): AuthResult {
  const id = headers[standardHeader(rule.header, 'id')];
  const atText = headers[standardHeader(rule.header, 'timestamp')];
  const atMs = timestampMs(atText, 's');
  if (!id || !atText || atMs === null) return refused('the id or timestamp header is missing or malformed');
  if (!withinTolerance(atMs, now, rule.timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS)) return refused(STALE);
  // The library signs text: bytes that are none would be signed as something else.
  if (!isUtf8(body)) return refused('the body is not UTF-8');
  const shared = (secret: string) =>
    matchSignature(signatureValues(header, 'v1,'), [secret], ['base64'], (key) => standardDigest(key, id, atMs, body)) === 0;
  const own = (secret: string) => {
    const key = Buffer.from(secret.slice(PUBLIC_KEY_PREFIX.length), 'base64');
    return signatureValues(header, 'v1a,').some((given) => verifyEd25519(key, Buffer.from(given, 'base64'), [id, '.', atText, '.', body]));
  };
  return verdictOf(rule.secrets.findIndex((secret) => (secret.startsWith(PUBLIC_KEY_PREFIX) ? own(secret) : shared(secret))));
}

/** The digest of a Standard Webhooks message. */
export const standardDigest = (secret: string, id: string, atMs: number, body: Buffer): Buffer =>
  Buffer.from(new Webhook(secret).sign(id, new Date(atMs), body).slice('v1,'.length), 'base64');

function verifyDigest(request: WebhookRequest, header: string, rule: SignatureRule, settings: StandardSettings, now: Date): AuthResult {
  const sources = { headers: request.headers, body: needsBody(rule, settings) ? readBody(request) : null };
  const at = rule.timestamp ? timestampOf(request.headers, sources.body, rule.timestamp) : null;
  if (rule.timestamp) {
    const atMs = timestampMs(at, rule.timestamp.unit);
    if (atMs === null) return refused('the timestamp is missing or malformed');
    if (!withinTolerance(atMs, now, rule.timestamp.toleranceSeconds)) return refused(STALE);
  }
  const part = (name: string): string | Buffer | null => {
    if (name === 'body') return request.body;
    if (name === 'timestamp') return at;
    if (name === 'id') return textOf(settings.dedupe[0], sources);
    if (name === 'url') return settings.webhook.url ?? request.url;
    if (name.startsWith('header:')) return request.headers[name.slice('header:'.length).toLowerCase()] ?? null;
    return textAt(atPointer(sources.body, name.slice('pointer:'.length)));
  };
  const digests = rule.secrets.map((secret) => digestOf(rule, secret, part));
  if (digests.some((digest) => digest === null)) return refused('the request has not all parts of the signed message');
  const given = signatureValues(header, rule.prefix);
  return verdictOf(
    matchSignature(
      given,
      digests.filter((digest) => digest !== null),
      rule.encodings,
      (digest) => digest,
    ),
  );
}

/** The digest that a request signed with `secret` has; null when a part of its message is missing. */
export function digestOf(rule: SignatureRule, secret: string, part: (name: string) => string | Buffer | null): Buffer | null {
  const key = rule.keyEncoding === 'text' ? secret : Buffer.from(secret, rule.keyEncoding);
  const template = rule.scheme === 'hash' && !rule.template.includes('{secret}') ? `{secret}${rule.template}` : rule.template;
  const message: Message | null = renderTemplate(template, (name) => (name === 'secret' ? key : part(name)));
  if (message === null) return null;
  return rule.scheme === 'hash' ? digestHash(rule.algorithm, message) : digestHmac(rule.algorithm, key, message);
}

/** A time of its own, or one that shares a header with the signature: behind a prefix, or the first member that is all digits. */
function timestampOf(headers: Readonly<Record<string, string>>, body: Json, rule: NonNullable<SignatureRule['timestamp']>): string | null {
  if (rule.header === undefined) return textAt(atPointer(body, rule.pointer ?? ''));
  const values = signatureValues(headers[rule.header.toLowerCase()] ?? '', rule.prefix ?? '').filter((value) => /^\d+$/.test(value));
  // A second time in one header would leave open which of them is signed.
  return rule.prefix !== undefined && values.length !== 1 ? null : (values[0] ?? null);
}

// Nothing of a stranger's body is parsed unless its signature asks for a member.
const needsBody = ({ template, timestamp }: SignatureRule, { dedupe }: StandardSettings): boolean =>
  timestamp?.pointer !== undefined || template.includes('{pointer:') || (template.includes('{id}') && dedupe[0]?.includes('/') === true);

function readBody({ body, headers }: WebhookRequest): Json {
  try {
    return parseJson(bodyText(body, headers['content-type']));
  } catch {
    return null;
  }
}

const STALE = 'the signature is too old or too new';
const refused = (reason: string): AuthResult => ({ accepted: false, reason });
const verdictOf = (position: number): AuthResult =>
  position < 0 ? refused('no secret made the signature') : { accepted: true, credential: `secret[${position}]` };
