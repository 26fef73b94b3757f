import { Refused } from '../../domain/errors.ts';
import type { AuthResult, RequestHead } from '../contract/webhook.ts';
import { matchSecret } from '../signature.ts';
import type { OrishaSettings } from './settings.ts';

/**
 * The secret travels in clear in `X-Secret` and is compared as it is: nothing binds it to the body, which is why only the codes are
 * believed. The administration is looked at last, so that which ones there are is not revealed without the secret.
 */
export async function authenticate(request: RequestHead, settings: OrishaSettings): Promise<AuthResult> {
  const given = request.headers['x-secret'];
  if (given === undefined || given === '') return { accepted: false, reason: 'X-Secret is missing' };
  const position = matchSecret(given, settings.webhook.secret);
  if (position < 0) return { accepted: false, reason: 'X-Secret is not one of ours' };
  const { administrations } = settings.webhook;
  if (administrations && !administrations.includes(request.headers['x-administration-code'] ?? '')) {
    throw new Refused(403, 'administration_not_allowed', 'This connection does not accept webhooks of that administration.');
  }
  return { accepted: true, credential: `secret[${position}]` };
}
