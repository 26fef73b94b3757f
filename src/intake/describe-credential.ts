import type { Connection } from '../platforms/contract/platform.ts';

/**
 * Describes the credentials of a request for its log line and the list of rejections, never their value. Null: there are none. Without a connection,
 * only `Authorization` counts as one.
 */
export function describeCredential(connection: Connection | null, headers: Readonly<Record<string, string>>): string | null {
  const found = credentialHeaders(connection).flatMap((name) => (headers[name] ? `${name} of ${characters(headers[name])}` : []));
  if (headers.authorization) found.unshift(describeAuthorization(headers.authorization));
  return found.length === 0 ? null : found.join(', ');
}

function credentialHeaders(connection: Connection | null): string[] {
  if (connection === null) return [];
  const { platform, settings } = connection;
  const signature = platform.signatureHeader?.(settings) ?? null;
  return [...new Set([...platform.secretHeaders(settings), ...(signature === null ? [] : [signature])])];
}

const characters = (text: string): string => `${text.length} characters`;

function describeAuthorization(value: string): string {
  const blank = value.indexOf(' ');
  const rest = value.slice(blank + 1).trim();
  const scheme = value.slice(0, Math.max(0, blank)).toLowerCase();
  if (scheme === 'basic') return describeBasic(rest);
  if (scheme === 'bearer') return `bearer token of ${characters(rest)}${rest.split('.').length === 3 ? ' (a JWT)' : ''}`;
  return `authorization of ${characters(value)}`;
}

function describeBasic(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return `basic credentials that cannot be read, of ${characters(encoded)}`;
  return `basic, user name of ${characters(text.slice(0, colon))}, password of ${characters(text.slice(colon + 1))}`;
}
