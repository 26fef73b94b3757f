import { firstAccepting } from '../contract/auth-entry.ts';
import type { Gatekeeper, Inbound, Verdict } from '../contract/platform.ts';
import type { TradecloudSettings } from './settings.ts';

/** Tradecloud signs nothing: Basic, a static bearer token, or an access token that Microsoft Entra issued to it. */
export const authenticate = (_request: Inbound, settings: TradecloudSettings, gatekeeper: Gatekeeper): Promise<Verdict> =>
  firstAccepting(settings.webhook.auth, gatekeeper);
