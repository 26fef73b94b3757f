import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Log } from '../../domain/log.ts';
import type { Connections } from '../../platforms/contract/platform.ts';
import { faultOf, RefusedWith } from '../problem.ts';
import { isOneOf, sameText } from './compare-secrets.ts';
import { readCredentials } from './credentials.ts';
import { ownClients } from './describe-name.ts';
import { OWN_TOKEN_SECONDS, type OwnTokens } from './own-tokens.ts';
import type { SignIns } from './sign-ins.ts';

/** Our own token endpoint: client credentials (RFC 6749, 4.4), answers and errors in that RFC's form. */
export interface TokenEndpointPorts {
  connections: Connections;
  ownTokens: OwnTokens;
  requireHttps: boolean;
  log: Log;
  signIns: SignIns;
}

interface Client {
  id: string;
  secret: string;
}

class OauthError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}
const invalidRequest = (description: string) => new OauthError(400, 'invalid_request', description);

export function createTokenEndpoint(ports: TokenEndpointPorts): RequestHandler {
  const router = Router();
  router.post('/', express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 20 }), async (request, response) => {
    if (ports.requireHttps && !request.secure) throw invalidRequest('Credentials are accepted over HTTPS only.');
    const form = readForm(request);
    const spellings = readClient(request, form);
    ports.signIns.refuseTooMany(request, spellings[0].id, 'token');
    const { client, allowed } = identifyClient(ports.connections, spellings);
    if (allowed.length === 0) {
      await ports.signIns.failed(request, client.id, 'token');
      throw new OauthError(401, 'invalid_client', 'Unknown client or wrong secret.');
    }
    refuseOtherGrants(form);
    answer(response, 200, {
      access_token: await ports.ownTokens.issue(client.id, allowed),
      token_type: 'Bearer',
      expires_in: OWN_TOKEN_SECONDS,
    });
  });
  router.all('/', (_request, response) => {
    response.setHeader('Allow', 'POST');
    answer(response, 405, { error: 'invalid_request', error_description: 'Request tokens with POST.' });
  });
  router.use(tokenErrorBorder(ports.log));
  return router;
}

/** The form's fields. A repeated parameter is an error (RFC 6749, 3.2). */
function readForm(request: Request): Record<string, string> {
  const form: unknown = request.body;
  if (typeof form !== 'object' || form === null) throw invalidRequest('The body must be application/x-www-form-urlencoded.');
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(form)) {
    if (typeof value !== 'string') throw invalidRequest('A parameter is repeated.');
    fields[name] = value;
  }
  return fields;
}

/** The client credentials from HTTP Basic or from the form, never from both. Basic allows two encodings, of which the standard one comes first. */
function readClient(request: Request, form: Record<string, string>): [Client, ...Client[]] {
  const credentials = readCredentials(request.headers.authorization);
  if (credentials.scheme === 'basic') {
    const plain = { id: credentials.username, secret: credentials.password };
    const decoded = { id: formDecode(plain.id), secret: formDecode(plain.secret) };
    const named = form.client_id;
    if (form.client_secret !== undefined || (named !== undefined && named !== decoded.id && named !== plain.id))
      throw invalidRequest('The client must use one authentication method only.');
    return [decoded, plain];
  }
  if (request.headers.authorization !== undefined)
    throw new OauthError(401, 'invalid_client', 'The client must authenticate by HTTP Basic or in the form.');
  if (!form.client_id || !form.client_secret) throw new OauthError(401, 'invalid_client', 'Client credentials are missing.');
  return [{ id: form.client_id, secret: form.client_secret }];
}

/** RFC 6749, 2.3.1 requires form-encoded parts; many clients send them unencoded, where `+` and `%` are literal. */
function identifyClient(connections: Connections, spellings: readonly [Client, ...Client[]]): { client: Client; allowed: string[] } {
  const found = spellings.map((client) => ({ client, allowed: connectionsOf(connections, client) }));
  return found.find(({ allowed }) => allowed.length > 0) ?? { client: spellings[0], allowed: [] };
}

// Not every client encodes; a stray `%` is then literal.
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The connections that list this client with this secret: the token is valid for these only. */
const connectionsOf = (connections: Connections, client: Client): string[] =>
  connections
    .list()
    .filter((connection) => ownClients(connection).filter((known) => isClient(client, known)).length > 0)
    .map((connection) => connection.name);

function isClient(given: Client, known: { id: string; secret: readonly string[] }): boolean {
  const secretIsRight = isOneOf(given.secret, known.secret);
  return sameText(given.id, known.id) && secretIsRight;
}

// We have no scopes of our own; some clients must send one, and a server may ignore it (RFC 6749, 3.3).
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

function refuseOtherGrants(form: Record<string, string>): void {
  if (!form.grant_type) throw invalidRequest('grant_type is missing.');
  if (form.grant_type !== 'client_credentials')
    throw new OauthError(400, 'unsupported_grant_type', 'Only client_credentials is supported.');
  if (form.scope && !SCOPE.test(form.scope)) throw new OauthError(400, 'invalid_scope', 'The scope is malformed.');
}

/** Errors in the format of RFC 6749, 5.2. An unexpected error asks the client to retry. */
const tokenErrorBorder =
  (log: Log): ErrorRequestHandler =>
  (error, _request, response, _next) => {
    if (error instanceof OauthError) return refuse(response, error);
    if (error instanceof RefusedWith) {
      response.set(error.headers);
      return answer(response, error.status, { error: error.code, error_description: error.message });
    }
    const status: unknown = error?.status;
    if (typeof status === 'number' && status < 500) return refuse(response, invalidRequest('The body is not a valid form.'));
    log.error('token_request_failed', faultOf(error));
    response.setHeader('Retry-After', '5');
    answer(response, 503, {
      error: 'temporarily_unavailable',
      error_description: 'The token endpoint is temporarily unavailable. Retry later.',
    });
  };

function refuse(response: Response, error: OauthError): void {
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="orderdock", charset="UTF-8"');
  answer(response, error.status, { error: error.code, error_description: error.message });
}

const answer = (response: Response, status: number, body: Record<string, unknown>): void => {
  response.status(status).set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(body);
};
