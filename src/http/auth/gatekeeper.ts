import type { Clock } from '../../domain/clock.ts';
import type { AuthEntry } from '../../platforms/contract/auth-entry.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { CredentialChecker } from '../../platforms/contract/webhook.ts';
import { isOneOf, sameText } from './compare-secrets.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { createIntrospection } from './introspection.ts';
import { createIssuers } from './issuer.ts';
import type { OutsideCalls } from './outside-calls.ts';
import type { OwnTokens } from './own-tokens.ts';

/** Creates the credential checker of one request to one connection. */
export type MakeCredentialChecker = (
  connection: Connection,
  headers: Readonly<Record<string, string>>,
  now: Date,
  address?: string,
) => CredentialChecker;

export interface CredentialCheckerDependencies {
  outside: OutsideCalls;
  ownTokens: OwnTokens;
  clock: Clock;
}

export function createCredentialChecker({ outside, ownTokens, clock }: CredentialCheckerDependencies): MakeCredentialChecker {
  const issuers = createIssuers(outside, clock);
  const introspection = createIntrospection(outside, clock);

  async function acceptsToken(
    token: string,
    entry: Extract<AuthEntry, { oauth2: unknown }>['oauth2'],
    connection: string,
    now: Date,
    address: string,
  ) {
    if ('issuer' in entry) return issuers.accepts(token, entry, now);
    if ('clients' in entry) return ownTokens.accepts(token, entry, connection, now);
    return introspection.accepts(token, entry, address);
  }

  return (connection, headers, now, address = '') => {
    let credentials: Credentials | null = null;
    return {
      now,
      async accepts(entry) {
        if ('header' in entry) return isOneOf(headers[entry.header.name.toLowerCase()] ?? '', entry.header.value);
        credentials ??= readCredentials(headers.authorization);
        if ('basic' in entry) return acceptsBasic(credentials, entry.basic);
        if (credentials.scheme !== 'bearer') return false;
        if ('bearer' in entry) return isOneOf(credentials.token, entry.bearer.token);
        return acceptsToken(credentials.token, entry.oauth2, connection.name, now, address);
      },
    };
  };
}

// Both are always compared: the time must not reveal whether the user name was right.
function acceptsBasic(credentials: Credentials, { username, password }: Extract<AuthEntry, { basic: unknown }>['basic']): boolean {
  if (credentials.scheme !== 'basic') return false;
  const nameMatches = sameText(credentials.username, username);
  return isOneOf(credentials.password, password) && nameMatches;
}

/** `WWW-Authenticate` for a connection: the schemes configured for it. */
export function challengesOf(connection: Connection): string[] {
  const schemes = new Set((connection.settings.webhook.auth ?? []).map(challengeOf));
  return schemes.size === 0 ? [OTHER] : [...schemes];
}

const OTHER = 'Webhook realm="orderdock"';

function challengeOf(entry: AuthEntry): string {
  if ('basic' in entry) return 'Basic realm="orderdock", charset="UTF-8"';
  return 'header' in entry ? OTHER : 'Bearer realm="orderdock"';
}
