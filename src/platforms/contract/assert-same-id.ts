import { RemoteFailure } from '../../domain/errors.ts';

/**
 * Throws `RemoteFailure('remote_unreadable')` if the answer to a request for one resource has the id of another: a proxy or the platform has
 * confused two answers. The letter case, and leading zeros of a number, may differ.
 */
export function assertSameId(requested: string, received: string | null): void {
  if (received === null || comparable(received) === comparable(requested)) return;
  throw new RemoteFailure('remote_unreadable', 'The response contains another resource than the requested one', 0);
}

const comparable = (id: string): string => {
  const lower = id.trim().toLowerCase();
  return /^\d+$/.test(lower) ? lower.replace(/^0+(?=\d)/, '') : lower;
};
