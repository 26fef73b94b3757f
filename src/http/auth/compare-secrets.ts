import basicAuth from 'express-basic-auth';

/** Compares in constant time, except for the length of the given text. */
export const sameText = (given: string, expected: string): boolean => basicAuth.safeCompare(given, expected);

/** True when `given` is one of the secrets. All are compared, so that the time does not reveal which one matched. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  let found = false;
  for (const secret of secrets) found = sameText(given, secret) || found;
  return found;
}
