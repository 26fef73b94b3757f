import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The one comparison of secrets: constant time whatever the lengths (both sides are hashed first). */
export function equalSecret(given: string | Buffer, expected: string | Buffer): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The position of the secret that equals `given`, or -1. Every one is compared, so that the time does not tell which. */
export function matchSecret(given: string, secrets: readonly string[]): number {
  let match = -1;
  secrets.forEach((secret, position) => {
    if (equalSecret(given, secret) && match < 0) match = position;
  });
  return match;
}

export type HashAlgorithm = 'sha1' | 'sha256' | 'sha512';
export type SignatureEncoding = 'hex' | 'base64';

export const hmac = (algorithm: HashAlgorithm, key: string | Buffer, message: string | Buffer, encoding: SignatureEncoding): string =>
  createHmac(algorithm, key).update(message).digest(encoding);

export const sha256Hex = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
