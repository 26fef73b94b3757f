import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

export const AUDIENCE = 'https://receiver.example/webhooks';
export const CALLER = { id: 'order-platform', secret: 'a-secret-of-forty-characters-or-so-000001' };
export const RECEIVER = { id: 'receiver', secret: 'another-secret-of-forty-characters-000002' };

/** A real issuer on localhost: discovery, key set, client credentials (JWT or opaque tokens), introspection. */
export interface TestIssuer {
  url: string;
  /** Paths requested so far, for counting calls. */
  asked: string[];
  /** An access token by client credentials; `opaque` tokens are only known to the introspection endpoint. */
  token(kind: 'jwt' | 'opaque', options?: { audience?: string; ttlSeconds?: number }): Promise<string>;
  /** A token signed with the issuer's current key, with the given claims. */
  sign(claims: Record<string, unknown>, header?: { alg?: string; kid?: string | undefined }): Promise<string>;
  revoke(token: string): Promise<void>;
  /** The issuer publishes a new key and signs only with it. */
  rotateKey(): Promise<void>;
  /** Answers every request with this status until `heal`. */
  fail(status: number, headers?: Record<string, string>): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<TestIssuer> {
  let handle: RequestListener = (_request, response) => response.writeHead(500).end();
  let failing = 0;
  let failingHeaders: Record<string, string> = {};
  let ttlSeconds = 600;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (failing > 0) response.writeHead(failing, failingHeaders).end();
    else handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let keyNumber = 0;
  let key: CryptoKey;

  async function rotateKey(): Promise<void> {
    const pair = await generateKeyPair(ALGORITHM, { extractable: true });
    key = pair.privateKey;
    keyNumber += 1;
    const jwk = { ...(await exportJWK(key)), kid: `key-${keyNumber}`, alg: ALGORITHM, use: 'sig' };
    handle = new Provider(
      url,
      configuration([jwk], () => ttlSeconds),
    ).callback();
  }
  await rotateKey();

  const post = (path: string, form: Record<string, string>, client: typeof CALLER) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams(form),
    });

  return {
    url,
    asked,
    rotateKey,
    async token(kind, options = {}) {
      ttlSeconds = options.ttlSeconds ?? 600;
      const resource = kind === 'jwt' ? { resource: options.audience ?? AUDIENCE } : {};
      const answer = await post('/token', { grant_type: 'client_credentials', ...resource }, CALLER);
      assert.equal(answer.status, 200);
      return ((await answer.json()) as { access_token: string }).access_token;
    },
    async sign(claims, header = {}) {
      const nowSeconds = Math.floor(Date.now() / 1000);
      const usual = { iss: url, aud: AUDIENCE, client_id: CALLER.id, iat: nowSeconds, exp: nowSeconds + 600 };
      const { kid = `key-${keyNumber}`, alg = ALGORITHM } = header;
      return new SignJWT({ ...usual, ...claims } as JWTPayload).setProtectedHeader({ alg, kid }).sign(key);
    },
    async revoke(token) {
      assert.equal((await post('/token/revocation', { token }, CALLER)).status, 200);
    },
    fail: (status, headers = {}) => {
      failing = status;
      failingHeaders = headers;
    },
    heal: () => {
      failing = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Where the issuer stores its opaque tokens; deleted with the test. */
function createMemory() {
  const kept = new Map<string, object>();
  return (kind: string) => ({
    upsert: async (id: string, payload: object) => void kept.set(`${kind} ${id}`, payload),
    find: async (id: string) => kept.get(`${kind} ${id}`),
    destroy: async (id: string) => void kept.delete(`${kind} ${id}`),
  });
}

const ALGORITHM = 'ES256';

const client = ({ id, secret }: typeof CALLER) => ({
  client_id: id,
  client_secret: secret,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  id_token_signed_response_alg: ALGORITHM,
});

const configuration = (keys: object[], ttlSeconds: () => number) => ({
  adapter: createMemory(),
  jwks: { keys },
  cookies: { keys: ['not-used-by-machines'] },
  clients: [client(CALLER), client(RECEIVER)],
  ttl: { ClientCredentials: ttlSeconds, AccessToken: ttlSeconds },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: () => true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: 'deliver',
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: ALGORITHM } },
      }),
    },
  },
});
