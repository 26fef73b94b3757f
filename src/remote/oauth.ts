import { ClientCredentials } from 'simple-oauth2';
import { z } from 'zod';
import { RemoteFailure } from '../domain/errors.ts';
import { retryAfterMs } from '../domain/values/retry-after.ts';
import type { Oauth2Options } from './remote.ts';

interface Token {
  authorization: string;
  /** Milliseconds since 1970; null if unknown: the token is then used until it is refused. */
  renewAtMs: number | null;
}

const TIMEOUT_MS = 10_000;
const EARLY_MS = 60_000;

/**
 * Client credentials (RFC 6749, 4.4): returns the `Authorization` header. The token is cached until a minute before it expires (a tenth of
 * its lifetime if that is shorter), and only one request for a new one runs at a time.
 * Throws `RemoteFailure`: `oauth_refused` for a 4xx from the token endpoint, else `remote_unavailable` or `remote_unreachable`.
 */
export function createOauth2(options: Oauth2Options, now: () => Date): (renew: boolean) => Promise<Record<string, string>> {
  let token: Token | null = null;
  let asking: Promise<Token> | null = null;
  const renewToken = () => {
    asking ??= requestToken(options, now).finally(() => {
      asking = null;
    });
    return asking;
  };
  return async (renew) => {
    const usable = token !== null && !renew && (token.renewAtMs === null || now().getTime() < token.renewAtMs);
    if (!usable || token === null) token = await renewToken();
    return { Authorization: token.authorization };
  };
}

// RFC 6749 requires servers to accept Basic authentication, but some read the client only from the form: that is tried after a refusal.
async function requestToken(options: Oauth2Options, now: () => Date): Promise<Token> {
  try {
    return await requestBy('header', options, now);
  } catch (error) {
    if (!(error instanceof RemoteFailure) || (error.status !== 400 && error.status !== 401)) throw error;
    return requestBy('body', options, now);
  }
}

async function requestBy(authorizationMethod: 'header' | 'body', options: Oauth2Options, now: () => Date): Promise<Token> {
  const { origin, pathname, search } = new URL(options.tokenUrl);
  const client = new ClientCredentials({
    client: { id: options.clientId, secret: options.clientSecret },
    auth: { tokenHost: origin, tokenPath: `${pathname}${search}` },
    options: { authorizationMethod },
    http: { timeout: TIMEOUT_MS, maxBytes: 1024 * 1024, json: 'force' },
  });
  const { scope, audience } = options;
  const answer = await client
    .getToken({ ...(scope === undefined ? {} : { scope }), ...(audience === undefined ? {} : { audience }) })
    .catch((error: unknown) => {
      throw asFailure(error, `${origin}${pathname}`, now());
    });
  return readToken(answer.token, now().getTime(), `${origin}${pathname}`);
}

function readToken(answer: Record<string, unknown>, nowMs: number, where: string): Token {
  if (typeof answer.access_token !== 'string' || answer.access_token === '') {
    throw new RemoteFailure('oauth_refused', `POST ${where} gave no access token`, 0);
  }
  const lifeMs = Number(answer.expires_in) * 1000;
  const renewAtMs = Number.isFinite(lifeMs) && lifeMs > 0 ? nowMs + lifeMs - Math.min(EARLY_MS, lifeMs / 10) : null;
  return { authorization: `Bearer ${answer.access_token}`, renewAtMs };
}

// The library's HTTP client reports its own timeout as a 504 and a refused connection as a 502, both without `isResponseError`.
const tokenResponseError = z.object({
  output: z.object({ statusCode: z.number() }).optional(),
  data: z.object({ isResponseError: z.literal(true), headers: z.record(z.string(), z.unknown()).default({}) }),
});

function asFailure(error: unknown, where: string, now: Date): RemoteFailure {
  const failure = tokenResponseError.safeParse(error);
  if (!failure.success) return new RemoteFailure('remote_unreachable', `POST ${where} could not be reached`, 0);
  const { output, data } = failure.data;
  const status = output?.statusCode ?? 0;
  const code = status === 429 ? 'remote_rate_limited' : status >= 500 ? 'remote_unavailable' : 'oauth_refused';
  return new RemoteFailure(code, `POST ${where} answered ${status}`, status, retryAfterMs(textsOf(data.headers), now));
}

const textsOf = (headers: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
