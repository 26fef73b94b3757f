import { Unavailable } from '../../domain/errors.ts';
import { entryName } from '../auth-entry.ts';
import type { Gatekeeper, Inbound, Verdict } from '../platform.ts';
import type { TradecloudSettings } from './settings.ts';

/**
 * Tradecloud signs nothing: Basic, a static bearer token, or an access token that Microsoft Entra issued to it. Any entry may accept. That
 * an issuer cannot be asked counts only where no other entry accepts: then the sender has to come again.
 */
export async function authenticate(_request: Inbound, settings: TradecloudSettings, gatekeeper: Gatekeeper): Promise<Verdict> {
  const { auth } = settings.webhook;
  let unavailable: Unavailable | null = null;
  for (const [position, entry] of auth.entries()) {
    try {
      if (await gatekeeper.accepts(entry)) return { accepted: true, credential: entryName(entry, position) };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unavailable = error;
    }
  }
  if (unavailable) throw unavailable;
  return { accepted: false, reason: auth.length === 0 ? 'no credentials are configured' : 'no entry accepts the credentials' };
}
