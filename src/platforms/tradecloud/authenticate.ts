import { firstAccepting } from '../contract/first-accepting.ts';
import type { AuthResult, CredentialChecker, RequestHead } from '../contract/webhook.ts';
import type { TradecloudSettings } from './settings.ts';

/** Tradecloud signs nothing: Basic, a static bearer token, or an access token that Microsoft Entra issued to it. */
export const authenticate = (_request: RequestHead, settings: TradecloudSettings, checker: CredentialChecker): Promise<AuthResult> =>
  firstAccepting(settings.webhook.auth, checker);
