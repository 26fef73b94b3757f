import { firstAccepting } from '../contract/auth-entry.ts';
import type { Gatekeeper, Inbound, Verdict } from '../contract/platform.ts';
import type { OrdermentumSettings } from './settings.ts';

/** Ordermentum signs nothing: what it repeats is the basic auth or the static headers given at registration. */
export const authenticate = (_request: Inbound, settings: OrdermentumSettings, gatekeeper: Gatekeeper): Promise<Verdict> =>
  firstAccepting(settings.webhook.auth, gatekeeper);
