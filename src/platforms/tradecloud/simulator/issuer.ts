import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '../../../domain/values/json.ts';
import type { SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import type { TradecloudSettings } from '../settings.ts';

/** A simulated issuer of access tokens, in the role of Microsoft Entra for the real platform. At `/entra` below the simulator's base URL. */
export interface SimulatedIssuer {
  /** An access token as the platform would get it for its webhook calls. */
  makeToken(audience: string, clientId: string): string;
  discovery(): SimulatedResponse;
  keys(): SimulatedResponse;
}

const LIFE_SECONDS = 3600;

export const issuerAddress = (baseUrl: string): string => `${baseUrl}/entra`;

export function createIssuer(settings: TradecloudSettings, tools: SimulationOptions): SimulatedIssuer {
  const issuer = issuerAddress(tools.baseUrl);
  const { key, jwk, kid } = makeKey(settings);
  return {
    makeToken(audience, clientId) {
      const now = Math.floor(tools.now().getTime() / 1000);
      const claims = { iss: issuer, aud: audience, azp: clientId, iat: now, nbf: now, exp: now + LIFE_SECONDS, jti: tools.makeId() };
      const signed = `${part({ alg: 'ES256', typ: 'JWT', kid })}.${part(claims)}`;
      const signature = sign('sha256', Buffer.from(signed, 'ascii'), { key, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    discovery: () => answer({ issuer, jwks_uri: `${issuer}/keys`, token_endpoint: `${issuer}/token` }),
    keys: () => answer({ keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] }),
  };
}

const part = (value: JsonObject): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

const answer = (body: JsonObject): SimulatedResponse => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

/** The key derives from the connection's own secret, so every process that simulates this world signs with the same key. */
function makeKey(settings: TradecloudSettings): { key: KeyObject; jwk: JsonObject; kid: string } {
  const d = createHash('sha256')
    .update(`issuer ${settings.api?.password?.[0] ?? ''}`)
    .digest();
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  const jwk = { kty: 'EC', crv: 'P-256', x, y };
  const key = createPrivateKey({ key: { ...jwk, d: d.toString('base64url') }, format: 'jwk' });
  return { key, jwk, kid: createHash('sha256').update(point).digest('hex').slice(0, 16) };
}
