import type { Request } from 'express';
import { type AuditContext, recordAudit } from '../../audit.ts';
import { setActor } from '../../domain/current-request.ts';
import { RefusedWith } from '../problem.ts';
import type { DescribeName } from './describe-name.ts';
import type { Throttle } from './throttle.ts';

/** Where a sign-in happens. Never a webhook path: senders must not be locked out by attempts that others make from their address. */
export type SignInPlace = 'api' | 'console' | 'token';

/** Failed sign-ins: counted, logged, audited, and rejected with 429 after too many from one address for one name. */
export interface SignIns {
  hasFailed(request: Request): boolean;
  /** Throws 429 with `Retry-After` after ten failures in a minute. */
  refuseTooMany(request: Request, name: string, place: SignInPlace): void;
  failed(request: Request, name: string, place: SignInPlace): Promise<void>;
}

export interface SignInDependencies {
  context: AuditContext;
  throttle: Throttle;
  describeName: DescribeName;
  /** Counts a failed attempt, or one that was rejected without being checked. */
  count(place: SignInPlace, outcome: 'failed' | 'throttled'): void;
}

/** Audit entries per minute that unauthenticated clients can cause. */
const MOST_AUDITED = 60;
const MINUTE_MS = 60_000;

export function createSignIns({ context, throttle, describeName, count }: SignInDependencies): SignIns {
  let audited = { minute: 0, rows: 0 };
  const mayAudit = (): boolean => {
    const minute = Math.floor(context.clock.now().getTime() / MINUTE_MS);
    if (minute !== audited.minute) audited = { minute, rows: 0 };
    return ++audited.rows <= MOST_AUDITED;
  };
  return {
    hasFailed: (request) => throttle.hasFailed(addressOf(request)),
    refuseTooMany(request, name, place) {
      const waitSeconds = throttle.waitSeconds(addressOf(request), name);
      if (waitSeconds === null) return;
      count(place, 'throttled');
      throw new RefusedWith(429, 'too_many_attempts', 'Too many failed sign-ins from this address. Wait, then check the key.', {
        'Retry-After': String(waitSeconds),
      });
    },
    async failed(request, name, place) {
      const address = addressOf(request);
      count(place, 'failed');
      const isLast = throttle.failed(address, name);
      // Which names exist may be unknown while the database is unavailable.
      const shown = name === address ? null : await describeName(name).catch(() => null);
      context.log.warn('sign_in_failed', { place, address, name: shown });
      if (isLast) context.log.warn('sign_in_throttled', { place, address, name: shown });
      setActor({ who: shown ?? 'unknown', keyName: null, via: place === 'console' ? 'console' : 'api', address });
      if (mayAudit()) await recordAudit(context, { action: 'sign_in', target: place }, 'unauthorized');
    },
  };
}

export const addressOf = (request: Request): string => request.ip ?? 'unknown';
