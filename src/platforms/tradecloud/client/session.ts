import { RemoteFailure } from '../../../domain/errors.ts';
import { isObject, parseJson, textAt } from '../../../domain/values/json.ts';
import { retryAfterMs } from '../../../domain/values/retry-after.ts';
import type { Remote, RemoteResponse } from '../../../remote/remote.ts';
import { elementAt } from '../../contract/element-at.ts';
import { createTokenCipher, type TokenCipher } from './token-cipher.ts';

export interface Login {
  baseUrl: string;
  username: string;
  passwords: readonly string[];
}

interface Tokens {
  access: string;
  refresh: string | null;
  /** Milliseconds since 1970, by our clock. */
  renewAtMs: number;
}

export interface Session {
  /** Headers for a call; `renew`: the last token was refused, so log in again. */
  authorize(renew: boolean): Promise<Record<string, string>>;
  /** Logs in and returns the response, for checks. */
  login(): Promise<RemoteResponse>;
}

const TIMEOUT_MS = 5000;
const EARLY_MS = 60_000;
// For tokens without an expiry: the shortest lifetime ever documented (2020 to 2024).
const UNKNOWN_LIFE_MS = 10 * 60_000;

/**
 * The platform's own login: Basic once, then a JWT that is renewed with a rotating refresh token one minute before it expires. All processes
 * share one login, since a new one may invalidate the tokens of an older one, and one renewal at a time, since a used refresh token is
 * invalid at once.
 */
export function createSession(login: Login, remote: Remote): Session {
  const cipher = createTokenCipher(`${login.baseUrl} ${login.username}`, login.passwords);
  let tokens: Tokens | null = null;
  let renewing: Promise<Tokens> | null = null;
  const renew = (refused: string | null): Promise<Tokens> => {
    renewing ??= renewShared(login, remote, cipher, refused).finally(() => {
      renewing = null;
    });
    return renewing;
  };
  return {
    async authorize(refused) {
      if (refused || tokens === null || !isFresh(tokens, remote.now())) tokens = await renew(refused ? (tokens?.access ?? null) : null);
      return { Authorization: `Bearer ${tokens.access}` };
    },
    async login() {
      const answers: RemoteResponse[] = [];
      await remote.shareSession(async () => {
        const answer = await logIn(login, remote);
        answers.push(answer);
        tokens = readTokens(answer, remote.now());
        return cipher.encrypt(JSON.stringify(tokens));
      });
      return elementAt(answers, 0);
    },
  };
}

const isFresh = ({ renewAtMs }: Tokens, now: Date): boolean => now.getTime() < renewAtMs;

/** The tokens renewed by another process in the meantime, or else our own renewal. `refused`: the access token that was rejected. */
async function renewShared(login: Login, remote: Remote, cipher: TokenCipher, refused: string | null): Promise<Tokens> {
  let tokens: Tokens | null = null;
  await remote.shareSession(async (encrypted) => {
    const shared = readShared(await cipher.decrypt(encrypted));
    if (encrypted !== null && shared && shared.access !== refused && isFresh(shared, remote.now())) {
      tokens = shared;
      return encrypted;
    }
    tokens = await obtain(login, remote, refused === null ? (shared?.refresh ?? null) : null);
    return cipher.encrypt(JSON.stringify(tokens));
  });
  return tokens ?? obtain(login, remote, null);
}

function readShared(text: string | null): Tokens | null {
  const shared = text === null ? null : parseJson(text);
  if (!isObject(shared) || typeof shared.access !== 'string' || typeof shared.renewAtMs !== 'number') return null;
  return { access: shared.access, refresh: textAt(shared.refresh), renewAtMs: shared.renewAtMs };
}

async function obtain(login: Login, remote: Remote, refreshToken: string | null): Promise<Tokens> {
  if (refreshToken !== null) {
    const answer = await authenticate(login, remote, 'refresh', { 'Refresh-Token': refreshToken });
    if (answer.status === 200) return readTokens(answer, remote.now());
    if (answer.status !== 401) throw loginFailure('refresh', answer, remote.now());
  }
  return readTokens(await logIn(login, remote), remote.now());
}

async function logIn(login: Login, remote: Remote): Promise<RemoteResponse> {
  for (const [position, password] of login.passwords.entries()) {
    const credentials = Buffer.from(`${login.username}:${password}`, 'utf8').toString('base64');
    const answer = await authenticate(login, remote, 'login', { Authorization: `Basic ${credentials}` });
    if (answer.status === 200) return answer;
    const last = position === login.passwords.length - 1;
    if (answer.status !== 401 || last) throw loginFailure('login', answer, remote.now());
  }
  throw new RemoteFailure('remote_unauthorized', 'No password is configured', 401);
}

const authenticate = (login: Login, remote: Remote, what: 'login' | 'refresh', headers: Record<string, string>): Promise<RemoteResponse> =>
  remote.plain({ baseUrl: login.baseUrl, method: 'GET', path: `/authentication/${what}`, headers, timeoutMs: TIMEOUT_MS });

function loginFailure(what: 'login' | 'refresh', { status, headers }: RemoteResponse, now: Date): RemoteFailure {
  const code = status === 401 || status === 403 ? 'remote_unauthorized' : status >= 500 ? 'remote_unavailable' : 'remote_refused';
  return new RemoteFailure(code, `GET authentication/${what} answered ${status}`, status, retryAfterMs(headers, now));
}

function readTokens(answer: RemoteResponse, now: Date): Tokens {
  const access = answer.headers['set-authorization']?.replace(/^Bearer\s+/i, '').trim();
  if (!access) throw new RemoteFailure('remote_unreadable', 'The login response has no Set-Authorization header', answer.status);
  // `exp` refers to their clock, which the response's `Date` shows.
  const theirNowMs = Date.parse(answer.headers.date ?? '') || now.getTime();
  const lifeMs = (expiryMs(access) ?? theirNowMs + UNKNOWN_LIFE_MS) - theirNowMs;
  const refresh = answer.headers['set-refresh-token']?.trim() || null;
  return { access, refresh, renewAtMs: now.getTime() + Math.max(lifeMs - EARLY_MS, lifeMs / 2, 0) };
}

function expiryMs(token: string): number | null {
  try {
    const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1000 : null;
  } catch {
    return null;
  }
}
