import { Unavailable } from '../../domain/errors.ts';
import type { AuthEntry } from './auth-entry.ts';
import type { AuthResult, CredentialChecker } from './webhook.ts';

/** The name under which an entry is reported: `auth[0].basic`. Never its value. */
const entryName = (entry: AuthEntry, position: number): string => `auth[${position}].${Object.keys(entry)[0]}`;

/**
 * The verdict of a connection's entries: the first that accepts. An unreachable issuer matters only if no other entry accepts:
 * then `Unavailable` is thrown, so that the sender retries.
 */
export async function firstAccepting(entries: readonly AuthEntry[], checker: CredentialChecker): Promise<AuthResult> {
  let unavailable: Unavailable | null = null;
  for (const [position, entry] of entries.entries()) {
    try {
      if (await checker.accepts(entry)) return { accepted: true, credential: entryName(entry, position) };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unavailable = error;
    }
  }
  if (unavailable) throw unavailable;
  return { accepted: false, reason: entries.length === 0 ? 'no credentials are configured' : 'no entry accepts the credentials' };
}
