import { Refused } from '../../domain/errors.ts';
import type { AuthResult, RequestHead } from '../contract/webhook.ts';
import { matchSecret } from '../signature.ts';
import type { OrishaSettings } from './settings.ts';

/**
 * The secret is sent in plain text in `X-Secret` and compared as it is: nothing binds it to the body, so only the codes are
 * trusted. The administration is checked last, so that the accepted ones are not revealed without the secret.
 */
export async function authenticate(request: RequestHead, settings: OrishaSettings): Promise<AuthResult> {
  const given = request.headers['x-secret'];
  if (given === undefined || given === '') return { accepted: false, reason: 'X-Secret is missing' };
  const position = matchSecret(given, settings.webhook.secret);
  if (position < 0) return { accepted: false, reason: 'X-Secret matches no configured secret' };
  const { administrations } = settings.webhook;
  if (administrations && !administrations.includes(request.headers['x-administration-code'] ?? '')) {
    throw new Refused(403, 'administration_not_allowed', 'This connection does not accept webhooks of that administration.');
  }
  return { accepted: true, credential: `secret[${position}]` };
}
