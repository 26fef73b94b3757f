import { OrderdockError, PermanentFailure, RemoteFailure, RemoteMissing, Unavailable } from '../domain/errors.ts';
import { isOnlyWaiting } from '../domain/outcome.ts';
import type { DocumentEnd } from '../store/documents/claim.ts';

export const MAX_DOCUMENT_TRIES = 3;

const WAITS_MS: readonly number[] = [3_000, 12_000];
/** A 403 from an object store means an expired address: the fresh metadata that every attempt starts with is enough. */
const EXPIRED_WAITS_MS: readonly number[] = [500, 2_000];
const LONGEST_WAIT_MS = 3_600_000;

export interface DocumentOutcome {
  state: Exclude<DocumentEnd['state'], 'stored' | 'empty'>;
  tries: number;
  waitMs: number;
}

const GIVEN_UP_AT_ONCE: Readonly<Record<string, DocumentOutcome['state']>> = { too_large: 'too_large', address_refused: 'refused' };

/** The state of a document after a failed attempt; `failedBefore`: failures counted so far. Pure; `random` is in [0, 1). */
export function documentOutcome(error: unknown, failedBefore: number, random: number): DocumentOutcome {
  const code = error instanceof OrderdockError ? error.code : '';
  const givenUp = GIVEN_UP_AT_ONCE[code];
  if (givenUp) return { state: givenUp, tries: failedBefore + 1, waitMs: 0 };
  if (error instanceof PermanentFailure) return { state: 'failed', tries: failedBefore + 1, waitMs: 0 };
  const retryAfterMs = error instanceof RemoteFailure ? Math.min(error.retryAfterMs ?? 0, LONGEST_WAIT_MS) : 0;
  if (error instanceof Unavailable)
    return { state: 'announced', tries: failedBefore, waitMs: Math.min(error.retryAfterMs, LONGEST_WAIT_MS) };
  if (isOnlyWaiting(error)) return { state: 'announced', tries: failedBefore, waitMs: Math.max(retryAfterMs, 1000) };
  const tries = failedBefore + 1;
  if (tries >= MAX_DOCUMENT_TRIES) return { state: error instanceof RemoteMissing ? 'missing' : 'failed', tries, waitMs: 0 };
  const waitsMs = error instanceof RemoteFailure && error.status === 403 ? EXPIRED_WAITS_MS : WAITS_MS;
  const usualMs = Math.round((waitsMs[tries - 1] ?? LONGEST_WAIT_MS) * (0.5 + random / 2));
  return { state: 'announced', tries, waitMs: Math.max(retryAfterMs, usualMs) };
}
