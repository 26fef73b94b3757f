import { Webhook } from 'standardwebhooks';
import { bodyText } from '../../../domain/values/body-text.ts';
import { atPointer, type Json, parseJson, textAt } from '../../../domain/values/json.ts';
import type { AuthResult, BodyProof, BodyVerifier, RequestHead } from '../../contract/webhook.ts';
import {
  type BodyDigest,
  digestHash,
  digestHmac,
  hashOfBody,
  hmacOfBody,
  type Message,
  matchSignature,
  signatureValues,
  timestampMs,
  verifyDigests,
  verifyEd25519,
  verifyWhole,
  withinTolerance,
} from '../../signature.ts';
import { PUBLIC_KEY_PREFIX, type SignatureRule, type StandardSettings, standardHeader } from '../settings.ts';
import { textOf } from './expression.ts';
import { renderTemplate } from './template.ts';

/** The expected value of the signature in `header`; rejected if the headers alone rule it out. */
export function proveSignature(
  request: RequestHead,
  header: string,
  rule: SignatureRule,
  settings: StandardSettings,
  now: Date,
): AuthResult | BodyProof {
  return rule.scheme === 'standard-webhooks'
    ? proveStandard(request, header, rule, now)
    : proveDigest(request, header, rule, settings, now);
}

const DEFAULT_TOLERANCE_SECONDS = 300;
// A public-key signature is checked over the whole message at once.
const MOST_BYTES_AT_ONCE = 1_048_576;

/** Standard Webhooks. The library's own check reads the system clock, has a fixed tolerance, and needs the complete body. */
function proveStandard({ headers }: RequestHead, header: string, rule: SignatureRule, now: Date): AuthResult | BodyProof {
  const id = headers[standardHeader(rule.header, 'id')];
  const atText = headers[standardHeader(rule.header, 'timestamp')];
  const atMs = timestampMs(atText, 's');
  if (!id || !atText || atMs === null) return refused('the id or timestamp header is missing or malformed');
  if (!withinTolerance(atMs, now, rule.timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS)) return refused(STALE);
  const before = [id, '.', atText, '.'];
  if (!rule.secrets.some(isPublicKey)) {
    const begin = () =>
      verifyDigests(
        rule.secrets.map((secret) => hmacOfBody('sha256', standardKey(secret), before)),
        (digests) => verdictOf(matchSignature(signatureValues(header, 'v1,'), digests, ['base64'], (digest) => digest)),
      );
    return { accepted: null, begin };
  }
  const decide = (body: Buffer) => verdictOf(rule.secrets.findIndex((secret) => isSignedBy(secret, header, [...before, body])));
  return { accepted: null, mostBytes: MOST_BYTES_AT_ONCE, begin: () => verifyWhole(decide) };
}

const isPublicKey = (secret: string): boolean => secret.startsWith(PUBLIC_KEY_PREFIX);

function isSignedBy(secret: string, header: string, message: Message): boolean {
  if (!isPublicKey(secret)) {
    return (
      matchSignature(signatureValues(header, 'v1,'), [secret], ['base64'], () => digestHmac('sha256', standardKey(secret), message)) === 0
    );
  }
  const key = Buffer.from(secret.slice(PUBLIC_KEY_PREFIX.length), 'base64');
  return signatureValues(header, 'v1a,').some((given) => verifyEd25519(key, Buffer.from(given, 'base64'), message));
}

const standardKey = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');

/** The digest of a Standard Webhooks message. */
export const standardDigest = (secret: string, id: string, atMs: number, body: Buffer): Buffer =>
  Buffer.from(new Webhook(secret).sign(id, new Date(atMs), body).slice('v1,'.length), 'base64');

function proveDigest(
  request: RequestHead,
  header: string,
  rule: SignatureRule,
  settings: StandardSettings,
  now: Date,
): AuthResult | BodyProof {
  if (needsMembers(rule, settings)) {
    const decide = (body: Buffer) => verifyMembers(request, header, rule, settings, now, body);
    return { accepted: null, mostBytes: MOST_BYTES_FOR_MEMBERS, begin: () => verifyWhole(decide) };
  }
  const signed = partsOf(request, rule, settings, now, null);
  if ('accepted' in signed) return signed;
  const [before = '', after, ...more] = effectiveTemplate(rule).split('{body}');
  if (more.length > 0) {
    const decide = (body: Buffer) => verifyMembers(request, header, rule, settings, now, body);
    return { accepted: null, mostBytes: MOST_BYTES_AT_ONCE, begin: () => verifyWhole(decide) };
  }
  const digestUnder = (secret: string): BodyDigest | null => {
    const key = keyOf(rule, secret);
    const part = (name: string) => (name === 'secret' ? key : signed.part(name));
    const [head, tail] = [renderTemplate(before, part), renderTemplate(after ?? '', part)];
    if (head === null || tail === null) return null;
    return rule.scheme === 'hash' ? hashOfBody(rule.algorithm, head, tail) : hmacOfBody(rule.algorithm, key, head, tail);
  };
  if (rule.secrets.some((secret) => digestUnder(secret) === null)) return refused(INCOMPLETE);
  const begin = (): BodyVerifier => {
    const digests = rule.secrets.map(digestUnder).filter((digest) => digest !== null);
    // A template without the body signs only other parts: then nothing of the body is hashed.
    const verifier = verifyDigests(digests, (made) =>
      verdictOf(matchSignature(signatureValues(header, rule.prefix), made, rule.encodings, (one) => one)),
    );
    return after === undefined ? { ...verifier, update: () => {} } : verifier;
  };
  return { accepted: null, begin };
}

// No more of an unauthenticated body is parsed than a signature over its members requires.
const MOST_BYTES_FOR_MEMBERS = 65_536;
const INCOMPLETE = 'the request lacks a part of the signed message';

function verifyMembers(
  request: RequestHead,
  header: string,
  rule: SignatureRule,
  settings: StandardSettings,
  now: Date,
  body: Buffer,
): AuthResult {
  const signed = partsOf(
    request,
    rule,
    settings,
    now,
    needsMembers(rule, settings) ? readBody(body, request.headers['content-type']) : null,
  );
  if ('accepted' in signed) return signed;
  const part = (name: string) => (name === 'body' ? body : signed.part(name));
  const digests = rule.secrets.map((secret) => digestOf(rule, secret, part)).filter((digest) => digest !== null);
  if (digests.length < rule.secrets.length) return refused(INCOMPLETE);
  return verdictOf(matchSignature(signatureValues(header, rule.prefix), digests, rule.encodings, (one) => one));
}

/** The parts of the signed message other than the body; refused if its time is missing or outside the tolerance. */
function partsOf(
  request: RequestHead,
  rule: SignatureRule,
  settings: StandardSettings,
  now: Date,
  body: Json,
): AuthResult | { part(name: string): string | null } {
  const sources = { headers: request.headers, body };
  const at = rule.timestamp ? timestampOf(request.headers, body, rule.timestamp) : null;
  if (rule.timestamp) {
    const atMs = timestampMs(at, rule.timestamp.unit);
    if (atMs === null) return refused('the timestamp is missing or malformed');
    if (!withinTolerance(atMs, now, rule.timestamp.toleranceSeconds)) return refused(STALE);
  }
  return {
    part(name) {
      if (name === 'timestamp') return at;
      if (name === 'id') return textOf(settings.dedupe[0], sources);
      if (name === 'url') return settings.webhook.url ?? request.url;
      if (name.startsWith('header:')) return request.headers[name.slice('header:'.length).toLowerCase()] ?? null;
      return textAt(atPointer(body, name.slice('pointer:'.length)));
    },
  };
}

const keyOf = (rule: SignatureRule, secret: string): string | Buffer =>
  rule.keyEncoding === 'text' ? secret : Buffer.from(secret, rule.keyEncoding);

const effectiveTemplate = ({ scheme, template }: SignatureRule): string =>
  scheme === 'hash' && !template.includes('{secret}') ? `{secret}${template}` : template;

/** The digest of a request signed with `secret`; null if a part of its message is missing. */
export function digestOf(rule: SignatureRule, secret: string, part: (name: string) => string | Buffer | null): Buffer | null {
  const key = keyOf(rule, secret);
  const message: Message | null = renderTemplate(effectiveTemplate(rule), (name) => (name === 'secret' ? key : part(name)));
  if (message === null) return null;
  return rule.scheme === 'hash' ? digestHash(rule.algorithm, message) : digestHmac(rule.algorithm, key, message);
}

/** A separate time, or one that shares a header with the signature: after a prefix, or the first member that is all digits. */
function timestampOf(headers: Readonly<Record<string, string>>, body: Json, rule: NonNullable<SignatureRule['timestamp']>): string | null {
  if (rule.header === undefined) return textAt(atPointer(body, rule.pointer ?? ''));
  const values = signatureValues(headers[rule.header.toLowerCase()] ?? '', rule.prefix ?? '').filter((value) => /^\d+$/.test(value));
  // With two times in one header it would be unclear which one is signed.
  return rule.prefix !== undefined && values.length !== 1 ? null : (values[0] ?? null);
}

const needsMembers = ({ template, timestamp }: SignatureRule, { dedupe }: StandardSettings): boolean =>
  timestamp?.pointer !== undefined || template.includes('{pointer:') || (template.includes('{id}') && dedupe[0]?.includes('/') === true);

function readBody(body: Buffer, contentType: string | undefined): Json {
  try {
    return parseJson(bodyText(body, contentType));
  } catch {
    return null;
  }
}

const STALE = 'the signature is too old or too new';
const refused = (reason: string): AuthResult => ({ accepted: false, reason });
const verdictOf = (position: number): AuthResult =>
  position < 0 ? refused('no secret made the signature') : { accepted: true, credential: `secret[${position}]` };
