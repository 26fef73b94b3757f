import type { AuthResult, BodyProof, CredentialChecker, RequestHead } from '../contract/webhook.ts';
import { digestHmac, hmacOfBody, matchSignature, signatureValues, timestampMs, verifyDigests, withinTolerance } from '../signature.ts';
import type { OrdergrooveSettings } from './settings.ts';

export const SIGNATURE_HEADER = 'ordergroove-signature';

// One timestamp, then one signature, or one per key during a rotation. Anything else is not from the platform.
const HEADER = /^ts=\d{1,12}(?:,sig=[0-9a-f]{64}){1,8}$/i;

/**
 * `Ordergroove-Signature: ts=…,sig=…[,sig=…]`, hex HMAC-SHA256 over `ts.body` with the key as text (developer.ordergroove.com, webhooks
 * verification, read 2026-07). `ts` is the time of transmission, so a late retry has a fresh one.
 */
export async function authenticate(
  request: RequestHead,
  settings: OrdergrooveSettings,
  checker: CredentialChecker,
): Promise<AuthResult | BodyProof> {
  const header = request.headers[SIGNATURE_HEADER];
  if (header === undefined) return refused('there is no signature');
  if (!HEADER.test(header)) return refused('the signature header is malformed');
  const ts = header.slice('ts='.length, header.indexOf(','));
  const { verificationKey, toleranceSeconds } = settings.webhook;
  const sentAtMs = timestampMs(ts, 's');
  if (sentAtMs === null || !withinTolerance(sentAtMs, checker.now, toleranceSeconds)) return refused('the signature is too old or too new');
  const given = signatureValues(header, 'sig=');
  const decide = (digests: Buffer[]): AuthResult => {
    const position = matchSignature(given, digests, ['hex'], (digest) => digest);
    return position < 0 ? refused('no key made the signature') : { accepted: true, credential: `verificationKey[${position}]` };
  };
  const begin = () =>
    verifyDigests(
      verificationKey.map((key) => hmacOfBody('sha256', key, [ts, '.'])),
      decide,
    );
  return { accepted: null, begin };
}

/** The signature of a body sent at `ts` (seconds since 1970, as text). */
export const signBody = (key: string, ts: string, body: Buffer | string): Buffer => digestHmac('sha256', key, [ts, '.', body]);

const refused = (reason: string): AuthResult => ({ accepted: false, reason });
