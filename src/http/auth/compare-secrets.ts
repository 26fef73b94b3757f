import basicAuth from 'express-basic-auth';

/** Constant time in everything but the length of what was given. */
export const sameText = (given: string, expected: string): boolean => basicAuth.safeCompare(given, expected);

/** True when `given` is one of the secrets. Every one is compared, so that the time does not tell which. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  let found = false;
  for (const secret of secrets) found = sameText(given, secret) || found;
  return found;
}
