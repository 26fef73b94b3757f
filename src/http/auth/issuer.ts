import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type RemoteJWKSet,
} from 'jose';
import type { Clock } from '../../domain/clock.ts';
import { isObject, parseJson } from '../../domain/values/json.ts';
import type { IssuerEntry } from '../ports.ts';
import { cannotReach, cautiousGet, type OutsideCalls } from './outside-calls.ts';

/** Asymmetric algorithms only. Never `none`, and no shared secrets (HS…): a public key could be used as one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

// Our clock may be behind the issuer's: a token that becomes valid shortly is accepted, an expired one is not.
const EARLY_SECONDS = 60;
const LATE_SECONDS = 5;
const KEYS_ARE_FRESH_MS = 10 * 60_000;

/** Access tokens of outside issuers: JWTs, verified with the keys that the issuer publishes. */
export interface Issuers {
  /** Throws `Unavailable` when the issuer's keys cannot be fetched. */
  accepts(token: string, entry: IssuerEntry, now: Date): Promise<boolean>;
}

export function createIssuers(outside: OutsideCalls, clock: Clock): Issuers {
  const get = cautiousGet(outside.get, clock);
  // Lookups of unknown key ids have a separate rate limit: strangers can invent them.
  const lookUp = cautiousGet(outside.get, clock);
  const keySets = new Map<string, Promise<RemoteJWKSet>>();

  /** Runs `use` with the issuer's keys; if they can be neither fetched nor refreshed, the next call discovers their address again. */
  async function withKeys<T>(issuer: string, entry: IssuerEntry, use: (keys: RemoteJWKSet) => Promise<T>): Promise<T> {
    const name = `${issuer} ${entry.jwksUri ?? ''}`;
    const keys = keySets.get(name) ?? findKeys(issuer, entry.jwksUri, { get, lookUp });
    keySets.set(name, keys);
    try {
      return await use(await keys);
    } catch (error) {
      const found = await keys.catch(() => null);
      if (!found?.fresh && keySets.get(name) === keys) keySets.delete(name);
      throw error;
    }
  }

  return {
    async accepts(token, entry, now) {
      const issuer = claimedIssuer(token, entry.issuer);
      if (issuer === null) return false;
      const claims = await withKeys(issuer, entry, (keys) => verify(token, keys, issuer, entry.audience, now));
      return claims !== null && isAlive(claims, now) && mayCall(claims, entry.clientIds);
    },
  };
}

type Get = (url: string) => Promise<string>;

const findKeys = async (issuer: string, jwksUri: string | undefined, fetchers: { get: Get; lookUp: Get }): Promise<RemoteJWKSet> =>
  publishedKeys(jwksUri ?? (await discoverKeys(issuer, fetchers.get)), fetchers);

/** The issuer that a token claims, if it is a configured one: a stranger's token must not trigger a request. */
function claimedIssuer(token: string, issuers: readonly string[]): string | null {
  try {
    if (!ALGORITHMS.includes(decodeProtectedHeader(token).alg ?? '')) return null;
    const { iss } = decodeJwt(token);
    return iss !== undefined && issuers.includes(iss) ? iss : null;
  } catch {
    return null;
  }
}

/** The address of the key set, from the issuer's discovery document (OpenID Connect Discovery 1.0, section 4). */
async function discoverKeys(issuer: string, get: (url: string) => Promise<string>): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = readObject(await get(url));
  // AD FS issues tokens as `access_token_issuer`, which differs from its `issuer`.
  const names = [document?.issuer, document?.access_token_issuer];
  if (typeof document?.jwks_uri !== 'string' || !URL.canParse(document.jwks_uri) || !names.includes(issuer)) throw cannotReach(url);
  return document.jwks_uri;
}

/** An unknown key id is looked up immediately, since the issuer may just have rotated its keys; `lookUp` limits how often. */
function publishedKeys(url: string, { get, lookUp }: { get: Get; lookUp: Get }): RemoteJWKSet {
  const keys: RemoteJWKSet = createRemoteJWKSet(new URL(url), {
    cooldownDuration: 0,
    cacheMaxAge: KEYS_ARE_FRESH_MS,
    [customFetch]: async (address) => {
      const text = await (keys.fresh ? lookUp : get)(address);
      if (!Array.isArray(readObject(text)?.keys)) throw cannotReach(address);
      return new Response(text);
    },
  });
  return keys;
}

async function verify(token: string, keys: RemoteJWKSet, issuer: string, audience: string[], now: Date): Promise<JWTPayload | null> {
  const rules = { issuer, audience, algorithms: ALGORITHMS, currentDate: now, clockTolerance: EARLY_SECONDS, requiredClaims: ['exp'] };
  try {
    return (await jwtVerify(token, keys, rules)).payload;
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) throw cannotReach(issuer);
    // Without a key id several keys may fit: any of them may be the signing key.
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      for await (const key of error) {
        const result = await jwtVerify(token, key, rules).catch(() => null);
        if (result) return result.payload;
      }
    }
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

const isAlive = (claims: JWTPayload, now: Date): boolean => (claims.exp ?? 0) + LATE_SECONDS > now.getTime() / 1000;

/** Entra names the calling client `azp` or, in older tokens, `appid`; others `client_id`. */
const mayCall = (claims: JWTPayload, clientIds: readonly string[] | undefined): boolean =>
  clientIds === undefined || [claims.azp, claims.appid, claims.client_id].some((id) => typeof id === 'string' && clientIds.includes(id));

function readObject(text: string) {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
