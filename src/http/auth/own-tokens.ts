import { type CryptoKey, errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../domain/clock.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { OwnTokensEntry } from '../ports.ts';

export const OWN_TOKEN_SECONDS = 3600;
const ISSUER = 'orderdock';
const ALGORITHM = 'HS256';

/** Our own access tokens, for customers without an issuer: signed, valid for an hour and for the named connections only. */
export interface OwnTokens {
  issue(clientId: string, connections: readonly string[]): Promise<string>;
  /** True while the entry still contains the client. Throws `Unavailable` if the signing key cannot be read. */
  accepts(token: string, entry: OwnTokensEntry, connection: string, now: Date): Promise<boolean>;
}

export function createOwnTokens(tokenKey: () => Promise<Uint8Array>, clock: Clock): OwnTokens {
  let key: Promise<CryptoKey> | null = null;
  async function signingKey(): Promise<CryptoKey> {
    key ??= tokenKey().then(importKey);
    try {
      return await key;
    } catch (cause) {
      key = null;
      throw new Unavailable('token_key_unavailable', 'The key for access tokens cannot be read.', 5000, { cause });
    }
  }
  return {
    async issue(clientId, connections) {
      const nowSeconds = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setSubject(clientId)
        .setAudience([...connections])
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + OWN_TOKEN_SECONDS)
        .sign(await signingKey());
    },
    async accepts(token, entry, connection, now) {
      const claims = await verify(token, await signingKey(), connection, now);
      return entry.clients.some((client) => client.id === claims?.sub);
    },
  };
}

async function verify(token: string, key: CryptoKey, connection: string, now: Date) {
  const rules = { issuer: ISSUER, audience: connection, algorithms: [ALGORITHM], currentDate: now, requiredClaims: ['exp', 'sub'] };
  try {
    return (await jwtVerify(token, key, rules)).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

const importKey = (bytes: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new Uint8Array(bytes), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
