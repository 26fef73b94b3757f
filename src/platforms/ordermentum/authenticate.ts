import { Unavailable } from '../../domain/errors.ts';
import { entryName } from '../auth-entry.ts';
import type { Gatekeeper, Inbound, Verdict } from '../platform.ts';
import type { OrdermentumSettings } from './settings.ts';

/**
 * Ordermentum signs nothing: what it repeats is the basic auth or the static headers given at registration. Any entry may accept. An
 * issuer that cannot be asked only counts when no other entry accepts: then the sender has to come again.
 */
export async function authenticate(_request: Inbound, settings: OrdermentumSettings, gatekeeper: Gatekeeper): Promise<Verdict> {
  let unavailable: Unavailable | null = null;
  for (const [position, entry] of settings.webhook.auth.entries()) {
    try {
      if (await gatekeeper.accepts(entry)) return { accepted: true, credential: entryName(entry, position) };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unavailable = error;
    }
  }
  if (unavailable) throw unavailable;
  return {
    accepted: false,
    reason: settings.webhook.auth.length === 0 ? 'no credentials are configured' : 'no entry accepts the credentials',
  };
}
