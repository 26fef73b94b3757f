import { createHash, createHmac, createPublicKey, type Hash, type Hmac, timingSafeEqual, verify } from 'node:crypto';
import type { AuthResult, BodyVerdict, BodyVerifier } from './contract/webhook.ts';

/** The only comparison of secrets: constant time whatever the lengths, since both sides are hashed first. */
export function equalSecret(given: string | Buffer, expected: string | Buffer): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The index of the secret that equals `given`, or -1. All are compared, so that the time does not reveal which one. */
export function matchSecret(given: string, secrets: readonly string[]): number {
  let match = -1;
  secrets.forEach((secret, position) => {
    if (equalSecret(given, secret) && match < 0) match = position;
  });
  return match;
}

export type HashAlgorithm = 'sha1' | 'sha256' | 'sha512';
export type SignatureEncoding = 'hex' | 'base64';

export const sha256Hex = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** A message in parts: the raw body is never copied or decoded, so exactly the bytes that were sent are verified. */
export type Message = readonly (string | Buffer)[];

/** HMAC over the raw body, or over a composite such as `{timestamp}.{body}`. */
export function digestHmac(algorithm: HashAlgorithm, key: string | Buffer, message: Message): Buffer {
  const digest = createHmac(algorithm, key);
  for (const part of message) digest.update(part);
  return digest.digest();
}

/** A plain hash, for senders that include the secret in the message (Recharge's older scheme). */
export function digestHash(algorithm: HashAlgorithm, message: Message): Buffer {
  const digest = createHash(algorithm);
  for (const part of message) digest.update(part);
  return digest.digest();
}

/** Hashes a body that arrives in chunks, between the parts of the signed message before and after it. */
export interface BodyDigest {
  update(chunk: Buffer): void;
  finish(): Buffer;
}

export const hmacOfBody = (algorithm: HashAlgorithm, key: string | Buffer, before: Message, after: Message = []): BodyDigest =>
  digestBetween(createHmac(algorithm, key), before, after);

export const hashOfBody = (algorithm: HashAlgorithm, before: Message, after: Message = []): BodyDigest =>
  digestBetween(createHash(algorithm), before, after);

function digestBetween(digest: Hash | Hmac, before: Message, after: Message): BodyDigest {
  for (const part of before) digest.update(part);
  return {
    update: (chunk) => void digest.update(chunk),
    finish() {
      for (const part of after) digest.update(part);
      return digest.digest();
    },
  };
}

/** A verifier that hashes a body with every key and checks the digests at the end. */
export const verifyDigests = (digests: readonly BodyDigest[], decide: (digests: Buffer[]) => AuthResult): BodyVerifier => ({
  update(chunk) {
    for (const digest of digests) digest.update(chunk);
  },
  finish: () => decide(digests.map((digest) => digest.finish())),
});

/** A verifier for proofs that need the complete body: keep `mostBytes` small. */
export function verifyWhole(decide: (body: Buffer) => BodyVerdict): BodyVerifier {
  const chunks: Buffer[] = [];
  return { update: (chunk) => void chunks.push(chunk), finish: () => decide(Buffer.concat(chunks)) };
}

/**
 * The index of the key for which one of the `given` signatures is valid, or -1. Every key is tried with every signature, so that
 * the time does not reveal which one. A signature of another length or format simply does not match.
 */
export function matchSignature<Key>(
  given: readonly string[],
  keys: readonly Key[],
  encodings: readonly SignatureEncoding[],
  sign: (key: Key) => Buffer,
): number {
  let match = -1;
  keys.forEach((key, position) => {
    const expected = sign(key);
    for (const encoding of encodings) {
      for (const value of given) {
        const equal = equalSecret(encoding === 'hex' ? value.toLowerCase() : value, expected.toString(encoding));
        if (equal && match < 0) match = position;
      }
    }
  });
  return match;
}

/** Ed25519 (Standard Webhooks `v1a`): `publicKey` and `signature` as raw bytes. False unless they have 32 and 64 bytes. */
export function verifyEd25519(publicKey: Buffer, signature: Buffer, message: Message): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });
  return verify(null, Buffer.concat(message.map((part) => Buffer.from(part))), key, signature);
}

/**
 * The signatures in a header: a plain value, one with a prefix (`sha256=…`), repeatable members of a comma-separated list (`t=…,v1=…,v1=…`), or
 * a space-separated list with versions (`v1,… v1,…`). Neither hex nor base64 contains commas or spaces.
 */
export function signatureValues(header: string, prefix: string): string[] {
  if (prefix === '') return header.split(/[\s,]+/).filter((value) => value !== '');
  return header
    .split(prefix.includes(',') ? /\s+/ : /[\s,]+/)
    .filter((value) => value.startsWith(prefix) && value.length > prefix.length)
    .map((value) => value.slice(prefix.length));
}

/** Milliseconds since 1970 of a signed timestamp; null unless it consists of digits. */
export function timestampMs(text: string | null | undefined, unit: 's' | 'ms'): number | null {
  if (!text || !/^\d{1,15}$/.test(text)) return null;
  return Number(text) * (unit === 's' ? 1000 : 1);
}

/** Neither too old nor too far in the future: a clock can be wrong in both directions. */
export const withinTolerance = (atMs: number, now: Date, toleranceSeconds: number): boolean =>
  Math.abs(now.getTime() - atMs) <= toleranceSeconds * 1000;
