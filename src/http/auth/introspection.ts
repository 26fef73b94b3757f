import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { isObject, type JsonObject, listAt, parseJson } from '../../domain/values/json.ts';
import type { IntrospectionEntry } from '../ports.ts';
import { createLookupLimits } from './lookup-limits.ts';
import { cannotReach, type OutsideAnswer, type OutsideCalls, pauseAfterFailure } from './outside-calls.ts';

const ACTIVE_IS_KNOWN_MS = 30_000;
const INACTIVE_IS_KNOWN_MS = 60_000;
// Our clock may be behind the issuer's.
const EARLY_MS = 60_000;
const MOST_KNOWN = 2000;
const MOST_AT_ONCE = 16;
const MOST_UNKNOWN_AT_ONCE = 8;
/** RFC 6750, 2.1: no issuer creates anything else. */
const TOKEN = /^[\w.~+/-]{1,8192}={0,8}$/;

/** Validates opaque tokens by introspection at their issuer (RFC 7662). */
export interface Introspection {
  /** `address`: the sender's address. Throws `Unavailable` when the issuer cannot be reached. */
  accepts(token: string, entry: IntrospectionEntry, address: string): Promise<boolean>;
}

interface Known {
  active: boolean;
  untilMs: number;
}

/**
 * Lookups in progress, and until when each issuer is not called. Kept separately for tokens that were active before, for new ones from addresses
 * that have sent an active one, and for all others: what strangers' tokens cause at the issuer must not affect senders.
 */
interface Lookups {
  pending: Map<string, Promise<Known>>;
  pausedUntilMs: Map<string, number>;
  most: number;
}

const createLookups = (most: number): Lookups => ({ pending: new Map(), pausedUntilMs: new Map(), most });

export function createIntrospection(outside: OutsideCalls, clock: Clock): Introspection {
  // Tokens that were active stay here after they expire: looking them up again takes precedence over unknown tokens.
  const active = new Map<string, number>();
  const inactive = new Map<string, number>();
  const [proven, fromSenders, unknown] = [createLookups(MOST_AT_ONCE), createLookups(MOST_AT_ONCE), createLookups(MOST_UNKNOWN_AT_ONCE)];
  const limits = createLookupLimits();

  async function introspect(
    key: string,
    token: string,
    entry: IntrospectionEntry['introspection'],
    { pending, pausedUntilMs, most }: Lookups,
  ) {
    const { url, clientId, clientSecret } = entry;
    const nowMs = clock.now().getTime();
    if (pending.size >= most || nowMs < (pausedUntilMs.get(url) ?? 0)) throw cannotReach(url);
    const answer = await introspectWithAnySecret(outside, url, token, clientId, clientSecret);
    const verdict = answer && verdictOf(answer, entry, nowMs);
    if (!verdict) {
      pausedUntilMs.set(url, nowMs + pauseAfterFailure(answer, clock.now()));
      throw cannotReach(url);
    }
    remember(verdict.active ? active : inactive, key, verdict.untilMs);
    if (!verdict.active) active.delete(key);
    return verdict;
  }

  return {
    async accepts(token, { introspection }, address) {
      if (!TOKEN.test(token)) return false;
      const key = keyOf(introspection, token);
      const nowMs = clock.now().getTime();
      if ((active.get(key) ?? 0) > nowMs) return true;
      if ((inactive.get(key) ?? 0) > nowMs) return false;
      const isProven = active.has(key);
      if (!isProven && !limits.mayLookUp(address, nowMs)) throw cannotReach(introspection.url);
      const kind = isProven ? proven : limits.isSender(address, nowMs) ? fromSenders : unknown;
      const answer = kind.pending.get(key) ?? introspect(key, token, introspection, kind).finally(() => kind.pending.delete(key));
      kind.pending.set(key, answer);
      const verdict = await answer;
      limits.answered(address, verdict.active, nowMs);
      return verdict.active;
    },
  };
}

/** The entry is part of the key: the issuer may answer differently for another entry. */
const keyOf = (entry: IntrospectionEntry['introspection'], token: string): string =>
  createHash('sha256')
    .update(`${JSON.stringify(entry)} ${token}`)
    .digest('base64');

function remember(known: Map<string, number>, key: string, untilMs: number): void {
  known.delete(key);
  for (const oldest of known.keys()) {
    if (known.size < MOST_KNOWN) break;
    known.delete(oldest);
  }
  known.set(key, untilMs);
}

/** Any of the client's secrets may be the valid one; the issuer answers 401 to the others. */
async function introspectWithAnySecret(outside: OutsideCalls, url: string, token: string, clientId: string, secrets: readonly string[]) {
  let answer: OutsideAnswer | null = null;
  for (const password of secrets) {
    answer = await outside.post(url, { token, token_type_hint: 'access_token' }, { username: clientId, password }).catch(() => null);
    if (answer?.status !== 401) return answer;
  }
  return answer;
}

// The issuer is available but rejects this token: that says nothing about the next one.
const REFUSED_TOKEN = new Set([400, 404, 413, 414, 422, 431]);

/** How long an answer is cached: briefly, and never beyond the token's expiry. Null: not a valid introspection response. */
function verdictOf({ status, text }: OutsideAnswer, entry: IntrospectionEntry['introspection'], nowMs: number): Known | null {
  const inactive = { active: false, untilMs: nowMs + INACTIVE_IS_KNOWN_MS };
  if (REFUSED_TOKEN.has(status)) return inactive;
  const answer = status === 200 ? readAnswer(text) : null;
  if (answer === null) return null;
  const endsMs = typeof answer.exp === 'number' ? answer.exp * 1000 : Number.POSITIVE_INFINITY;
  const beginsMs = typeof answer.nbf === 'number' ? answer.nbf * 1000 : 0;
  if (!answer.active || endsMs <= nowMs || beginsMs > nowMs + EARLY_MS || !isForUs(answer, entry)) return inactive;
  return { active: true, untilMs: Math.min(nowMs + ACTIVE_IS_KNOWN_MS, endsMs) };
}

/** Whether the token was issued for us: checks each of `audience`, `clientIds` and `scope` that is configured. */
function isForUs(answer: JsonObject, { audience, clientIds, scope }: IntrospectionEntry['introspection']): boolean {
  const named = (value: unknown): string[] => listAt(value).filter((one) => typeof one === 'string');
  if (audience && !named(answer.aud).some((one) => audience.includes(one))) return false;
  if (clientIds && ![answer.client_id, answer.azp, answer.appid].some((id) => typeof id === 'string' && clientIds.includes(id)))
    return false;
  const granted = new Set(named(answer.scope).flatMap((one) => one.split(' ')));
  return (
    scope === undefined ||
    scope
      .trim()
      .split(/\s+/)
      .every((one) => granted.has(one))
  );
}

function readAnswer(text: string) {
  try {
    const answer = parseJson(text);
    return isObject(answer) && typeof answer.active === 'boolean' ? answer : null;
  } catch {
    return null;
  }
}
