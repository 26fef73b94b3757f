import type { Request } from 'express';
import type { Role } from '../../domain/role.ts';
import type { Scope } from '../../domain/scope.ts';

/** Who asks: the key's name, never the key. */
export interface Caller {
  name: string;
  role: Role;
  /** What the key is limited to; null: not at all. */
  scope: Scope | null;
}

/**
 * Finds whose key a request brings, for whoever signs in: `name` null for a key alone. Null: no such key; throws 429 after too many failures. A key
 * alone is counted under its first characters where they belong to a key that there is, else under the address: who guesses keeps nobody else out.
 */
export type SignIn = (request: Request, given: { name: string | null; key: string }, place: 'api' | 'console') => Promise<Caller | null>;
