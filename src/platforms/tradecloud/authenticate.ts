import { firstAccepting } from '../contract/first-accepting.ts';
import type { AuthResult, CredentialChecker, WebhookRequest } from '../contract/webhook.ts';
import type { TradecloudSettings } from './settings.ts';

/** Tradecloud signs nothing: Basic, a static bearer token, or an access token that Microsoft Entra issued to it. */
export const authenticate = (_request: WebhookRequest, settings: TradecloudSettings, checker: CredentialChecker): Promise<AuthResult> =>
  firstAccepting(settings.webhook.auth, checker);
