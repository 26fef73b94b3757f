/** The credentials of a request's `Authorization` header, the only place they are read from: never the query or the body. */
export type Credentials =
  | { scheme: 'basic'; username: string; password: string }
  | { scheme: 'bearer'; token: string }
  | { scheme: 'none' };

const NONE: Credentials = { scheme: 'none' };

/** Parses an `Authorization` header; `none` for a missing or malformed one and for any other scheme. */
export function readCredentials(authorization: string | undefined): Credentials {
  const match = /^(basic|bearer) +(\S.*)$/i.exec(authorization ?? '');
  const [, scheme = '', value = ''] = match ?? [];
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token: value.trimEnd() };
  return scheme === '' ? NONE : readBasic(value.trim());
}

// The user name ends at the first colon (RFC 7617): a password may contain more of them.
function readBasic(encoded: string): Credentials {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? NONE : { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
}
