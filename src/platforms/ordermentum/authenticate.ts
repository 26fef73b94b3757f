import { firstAccepting } from '../contract/first-accepting.ts';
import type { AuthResult, CredentialChecker, RequestHead } from '../contract/webhook.ts';
import type { OrdermentumSettings } from './settings.ts';

/** Ordermentum signs nothing; it sends the basic auth or the static headers given at registration. */
export const authenticate = (_request: RequestHead, settings: OrdermentumSettings, checker: CredentialChecker): Promise<AuthResult> =>
  firstAccepting(settings.webhook.auth, checker);
