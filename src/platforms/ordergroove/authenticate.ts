import type { AuthResult, CredentialChecker, WebhookRequest } from '../contract/webhook.ts';
import { digestHmac, matchSignature, signatureValues, timestampMs, withinTolerance } from '../signature.ts';
import type { OrdergrooveSettings } from './settings.ts';

const SIGNATURE_HEADER = 'ordergroove-signature';

// One time first, then one signature, or one for each key while a rotation lasts. Anything else is not the platform's.
const HEADER = /^ts=\d{1,12}(?:,sig=[0-9a-f]{64}){1,8}$/i;

/**
 * `Ordergroove-Signature: ts=…,sig=…[,sig=…]`, hex HMAC-SHA256 over `ts.body` with the key as text (developer.ordergroove.com, webhooks
 * verification, read 2026-07). `ts` is the moment of transmission, so a late repeat carries a fresh one.
 */
export async function authenticate(
  request: WebhookRequest,
  settings: OrdergrooveSettings,
  checker: CredentialChecker,
): Promise<AuthResult> {
  const header = request.headers[SIGNATURE_HEADER];
  if (header === undefined) return refused('there is no signature');
  if (!HEADER.test(header)) return refused('the signature header is malformed');
  const ts = header.slice('ts='.length, header.indexOf(','));
  const { verificationKey, toleranceSeconds } = settings.webhook;
  const sentAtMs = timestampMs(ts, 's');
  if (sentAtMs === null || !withinTolerance(sentAtMs, checker.now, toleranceSeconds)) return refused('the signature is too old or too new');
  const position = matchSignature(signatureValues(header, 'sig='), verificationKey, ['hex'], (key) => signBody(key, ts, request.body));
  return position < 0 ? refused('no key made the signature') : { accepted: true, credential: `verificationKey[${position}]` };
}

/** The signature of a body sent at `ts` (seconds since 1970, as text). */
export const signBody = (key: string, ts: string, body: Buffer | string): Buffer => digestHmac('sha256', key, [ts, '.', body]);

const refused = (reason: string): AuthResult => ({ accepted: false, reason });
