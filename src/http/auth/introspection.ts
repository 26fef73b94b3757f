import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { isObject, parseJson } from '../../domain/json.ts';
import type { IntrospectionEntry } from '../ports.ts';
import { cannotAsk, type OutsideAnswer, type OutsideCalls } from './outside-calls.ts';

const ACTIVE_IS_KNOWN_MS = 30_000;
const INACTIVE_IS_KNOWN_MS = 10_000;
const FAILURE_IS_KNOWN_MS = 2000;
// Our clock may be behind the issuer's.
const EARLY_MS = 60_000;
const MOST_KNOWN = 2000;
const MOST_AT_ONCE = 16;

/** Opaque tokens, asked about at their issuer (RFC 7662). */
export interface Introspection {
  /** Throws `Unavailable` when the issuer cannot be asked. */
  accepts(token: string, entry: IntrospectionEntry): Promise<boolean>;
}

interface Known {
  active: boolean;
  untilMs: number;
}

export function createIntrospection(outside: OutsideCalls, clock: Clock): Introspection {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<Known>>();
  const failedAtMs = new Map<string, number>();

  async function ask(key: string, token: string, { url, clientId, clientSecret }: IntrospectionEntry['introspection']): Promise<Known> {
    const nowMs = clock.now().getTime();
    if (asking.size > MOST_AT_ONCE || nowMs - (failedAtMs.get(url) ?? 0) < FAILURE_IS_KNOWN_MS) throw cannotAsk(url);
    const answer = await askWithAnySecret(outside, url, token, clientId, clientSecret);
    const verdict = answer?.status === 200 ? readVerdict(answer.text, nowMs) : null;
    if (verdict === null) {
      failedAtMs.set(url, nowMs);
      throw cannotAsk(url);
    }
    for (const oldest of known.keys()) {
      if (known.size < MOST_KNOWN) break;
      known.delete(oldest);
    }
    known.set(key, verdict);
    return verdict;
  }

  return {
    async accepts(token, { introspection }) {
      // The client belongs to the key: another client may be told otherwise.
      const key = createHash('sha256').update(`${introspection.url} ${introspection.clientId} ${token}`).digest('base64');
      const before = known.get(key);
      if (before && before.untilMs > clock.now().getTime()) return before.active;
      const answer = asking.get(key) ?? ask(key, token, introspection).finally(() => asking.delete(key));
      asking.set(key, answer);
      return (await answer).active;
    },
  };
}

/** Any of the client's secrets may be the valid one; the issuer tells by 401. */
async function askWithAnySecret(outside: OutsideCalls, url: string, token: string, clientId: string, secrets: readonly string[]) {
  let answer: OutsideAnswer | null = null;
  for (const password of secrets) {
    answer = await outside.post(url, { token, token_type_hint: 'access_token' }, { username: clientId, password }).catch(() => null);
    if (answer?.status !== 401) return answer;
  }
  return answer;
}

/** How long an answer counts: shortly, and never beyond the token's own end. Null: it is no answer at all. */
function readVerdict(text: string, nowMs: number): Known | null {
  const answer = readAnswer(text);
  if (answer === null) return null;
  const endsMs = typeof answer.exp === 'number' ? answer.exp * 1000 : Number.POSITIVE_INFINITY;
  const beginsMs = typeof answer.nbf === 'number' ? answer.nbf * 1000 : 0;
  if (!answer.active || endsMs <= nowMs || beginsMs > nowMs + EARLY_MS) return { active: false, untilMs: nowMs + INACTIVE_IS_KNOWN_MS };
  return { active: true, untilMs: Math.min(nowMs + ACTIVE_IS_KNOWN_MS, endsMs) };
}

function readAnswer(text: string) {
  try {
    const answer = parseJson(text);
    return isObject(answer) && typeof answer.active === 'boolean' ? answer : null;
  } catch {
    return null;
  }
}
