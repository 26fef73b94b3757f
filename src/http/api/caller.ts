import type { Request } from 'express';
import type { Role } from '../../domain/role.ts';
import type { Scope } from '../../domain/scope.ts';

/** The authenticated caller: the key's name, never the key. */
export interface Caller {
  name: string;
  role: Role;
  /** What the key is limited to; null: not at all. */
  scope: Scope | null;
}

/** Whose entries of the audit this caller sees: readers and limited keys only their own; null: all. */
export const auditSeenBy = ({ name, role, scope }: Caller): string | null => (role === 'reader' || scope !== null ? name : null);

/** A key as a client presents it; `name` null: the key alone (Bearer, or the sign-in form). */
export interface PresentedKey {
  name: string | null;
  key: string;
}

/**
 * Finds the caller that a presented key belongs to. Null: no such key; throws 429 after too many failures. A failure with a key alone is counted
 * under the key's first characters if an existing key begins with them, else under the address: guessing does not lock other clients out.
 */
export type SignIn = (request: Request, given: PresentedKey, place: 'api' | 'console') => Promise<Caller | null>;

declare global {
  namespace Express {
    interface Locals {
      /** Set by `requireRole` and by the console's `require`. */
      caller?: Caller;
      /** The token that a console form must contain; set by the console's `require`. */
      csrf?: string;
      /** Set for a list's `.csv` path. */
      isCsv?: boolean;
    }
  }
}
