import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { requestOf, runInRequest } from '../../domain/current-request.ts';
import { OrderdockError, Refused, Unauthenticated, Unavailable } from '../../domain/errors.ts';
import { describeCredential } from '../../intake/describe-credential.ts';
import type { ReceiveResult } from '../../intake/receive-webhook.ts';
import type { RejectedCredential } from '../../monitoring/response-stats.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { BodyProof, IncomingWebhook, Route } from '../../platforms/contract/webhook.ts';
import { challengesOf, type MakeCredentialChecker } from '../auth/gatekeeper.ts';
import type { HttpPorts } from '../ports.ts';
import { faultOf, type Problem, problemOf } from '../problem.ts';
import { isAllowedIp } from './allow-ips.ts';
import { type BodyRules, formatOf, readBody, SenderGone } from './body.ts';
import { type BudgetSize, createBodyBudget } from './body-budget.ts';
import { createPaceWatch, type Pace } from './body-pace.ts';
import { type MatchedRoute, matchRoute, readTarget, type Target } from './routes.ts';
import { sendRefusal } from './send-refusal.ts';

/** The dependencies of the webhook paths, the same for every platform. */
export type WebhookPorts = Pick<HttpPorts, 'settings' | 'connections' | 'receiver' | 'clock' | 'log' | 'answered' | 'metrics'> & {
  gatekeeperFor: MakeCredentialChecker;
};

type WebhookEndpoint = WebhookPorts & { bodies: BodyRules };

// Memory for large bodies, a part of which only those have that are complete; and disk space for those that are not.
const LARGE_BODIES: BudgetSize = { totalBytes: 33_554_432, reservedBytes: 8_388_608, freeBytes: 65_536, cutOffAfterMs: 60_000 };
const BODY_FILES: BudgetSize = { totalBytes: 268_435_456, reservedBytes: 0, freeBytes: 0, cutOffAfterMs: 10_000 };
const PACE: Pace = { bytesPerSecond: 16_384, graceMs: 5000, wholeWithinMs: 60_000 };

/** A request to a webhook path. */
interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  /** Below `/webhooks`, such as `/acme/orders?orderId=1`. */
  target: string;
  remoteAddress: string;
  secure: boolean;
  /** Scheme and host that the sender called. */
  origin: string;
  /** Headers of every answer that are not set on `response` yet. */
  headers: Readonly<Record<string, string>>;
  /** Null until the request is for one of the connection's routes. */
  incoming: IncomingWebhook | null;
}

/** The webhook paths in two forms. */
export interface Webhooks {
  /** Mounted at `/webhooks`: what a trusted proxy says of a request counts. */
  handler: RequestHandler;
  /** For targets that begin with `/webhooks/`, if no proxy is trusted: without Express, which would take a tenth of a request's time. */
  direct: RequestListener;
}

/**
 * Every request ends in one response documented in openapi/, and is counted once. Never 500, 408 or 429: some senders do not retry after those.
 */
export function createWebhooks(ports: WebhookPorts): Webhooks {
  const { maxBodyBytes, dataDir } = ports.settings;
  const bodies: BodyRules = {
    maxBytes: maxBodyBytes,
    memory: createBodyBudget(LARGE_BODIES),
    spill: { authenticated: createBodyBudget(BODY_FILES), unproven: createBodyBudget(BODY_FILES) },
    spillDir: dataDir,
    pace: createPaceWatch(PACE),
  };
  const endpoint: WebhookEndpoint = { ...ports, bodies };
  return {
    handler: (request, response) => {
      const { url, ip, secure, protocol, host } = request;
      const remoteAddress = (endpoint.settings.trustProxy === null ? request.socket.remoteAddress : ip) ?? '';
      void answerWebhook(endpoint, {
        request,
        response,
        target: url,
        remoteAddress,
        secure,
        origin: `${protocol}://${host}`,
        headers: NO_HEADERS,
        incoming: null,
      });
    },
    direct: (request, response) => {
      const current = requestOf(request.headers, randomUUID());
      runInRequest(current, () => void answerWebhook(endpoint, callOf(request, response, current.requestId)));
    },
  };
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const MOUNTED_AT = '/webhooks';

/** Whether `direct` may take a request: the form that senders use, and none that Express would read differently. */
export const isWebhookTarget = (target: string | undefined): boolean => target?.startsWith('/webhooks/') === true;

function callOf(request: IncomingMessage, response: ServerResponse, requestId: string): Call {
  const { remoteAddress = '' } = request.socket;
  const secure = 'encrypted' in request.socket && request.socket.encrypted === true;
  const target = (request.url ?? '').slice(MOUNTED_AT.length);
  const origin = `${secure ? 'https' : 'http'}://${request.headers.host ?? ''}`;
  return { request, response, target, remoteAddress, secure, origin, headers: { 'X-Request-Id': requestId }, incoming: null };
}

async function answerWebhook(endpoint: WebhookEndpoint, call: Call): Promise<void> {
  const receivedAt = endpoint.clock.now();
  const target = readTarget(call.target);
  const connection = endpoint.connections.get(target.connection) ?? null;
  try {
    const answer = await receiveWebhook(endpoint, call, target, connection, receivedAt);
    sendAnswer(call, answer);
    count(endpoint, connection, answer.status === 'accepted' ? 202 : 200, answer.status, receivedAt);
  } catch (error) {
    if (error instanceof SenderGone) return;
    const problem = webhookProblem(endpoint, error, connection);
    sendRefusal(call.request, call.response, { ...problem, headers: { ...call.headers, ...problem.headers } });
    const rejection = call.incoming?.authenticated ? null : rejectionOf(connection, call, error);
    count(endpoint, connection, problem.status, problem.code, receivedAt, rejection);
    // Requests without any credentials are counted and share one log line per minute.
    if (rejection === null || rejection.credential !== null) logRefusal(endpoint, connection, problem, call, error);
  }
}

/** A request that ended before its credentials were accepted, for whatever reason: anyone may have sent it. */
function rejectionOf(connection: Connection | null, { request, remoteAddress }: Call, error: unknown): RejectedCredential {
  const reason = error instanceof OrderdockError ? error.message : 'An internal error occurred.';
  const credential = error instanceof Unauthenticated ? error.credential : describeCredential(connection, textHeaders(request.headers));
  return { reason, credential, remoteAddress };
}

/** The checks common to all webhooks; the receiver does the rest, from the credentials on. */
async function receiveWebhook(
  endpoint: WebhookEndpoint,
  call: Call,
  target: Target,
  connection: Connection | null,
  receivedAt: Date,
): Promise<ReceiveResult> {
  if (connection === null) throw new Refused(404, 'unknown_connection', 'Unknown connection.');
  if (endpoint.settings.requireHttps && !call.secure) throw new Refused(403, 'https_required', 'Webhooks are accepted over HTTPS only.');
  const { remoteAddress } = call;
  if (!isAllowedIp(remoteAddress, connection.settings.webhook.allowIps)) {
    throw new Refused(403, 'ip_not_allowed', 'This address is not allowed to call this connection.');
  }
  const matched = matchRoute(connection, call.request.method, target.path);
  const incoming = new ArrivingWebhook(endpoint, call, target, matched, receivedAt);
  call.incoming = incoming;
  return endpoint.receiver.receive(connection, incoming, endpoint.gatekeeperFor(connection, incoming.headers, receivedAt, remoteAddress));
}

class ArrivingWebhook implements IncomingWebhook {
  readonly method: Route['method'];
  readonly path: string;
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly receivedAt: Date;
  readonly remoteAddress: string;
  readonly route: Route;
  authenticated = false;
  private readonly endpoint: WebhookEndpoint;
  private readonly call: Call;

  constructor(endpoint: WebhookEndpoint, call: Call, target: Target, { route, params }: MatchedRoute, receivedAt: Date) {
    this.method = route.method;
    this.path = target.path;
    this.params = params;
    this.query = target.query === '' ? NO_QUERY : Object.fromEntries(new URLSearchParams(target.query));
    this.headers = textHeaders(call.request.headers);
    this.receivedAt = receivedAt;
    this.remoteAddress = call.remoteAddress;
    this.route = route;
    this.endpoint = endpoint;
    this.call = call;
  }

  /** Computed lazily: only some signatures cover the address. */
  get url(): string {
    return `${this.endpoint.settings.publicUrl ?? this.call.origin}${MOUNTED_AT}${this.call.target}`;
  }

  async readBody(proof: BodyProof | null) {
    const body = await readBody(this.call.request, this.endpoint.bodies, proof);
    const format = this.method === 'GET' ? ('none' as const) : (formatOf(this.headers['content-type'], body.bytes) ?? ('none' as const));
    return { bytes: body.bytes, verdict: body.verdict, release: body.release, format };
  }
}

/** Node has lower-cased the names and joined repeated headers, all but `set-cookie`, which no sender has a reason to send. */
function textHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  if (isOfTexts(headers)) return headers;
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) texts[name] = typeof value === 'string' ? value : value.join(', ');
  return texts;
}

const isOfTexts = (headers: IncomingHttpHeaders): headers is Record<string, string> => headers['set-cookie'] === undefined;

const NO_QUERY: Record<string, string> = Object.freeze({});

function sendAnswer({ response, headers }: Call, answer: ReceiveResult): void {
  const body =
    answer.status === 'greeting'
      ? '{"status":"greeting"}'
      : `{"status":"${answer.status}","deliveryId":${JSON.stringify(answer.deliveryId)}${answer.conflict ? ',"conflict":true' : ''}}`;
  response.writeHead(answer.status === 'accepted' ? 202 : 200, {
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': body.length,
  });
  // ASCII only: Node writes it more cheaply as latin1.
  response.end(body, 'latin1');
}

const INTERNAL: Problem = {
  status: 503,
  code: 'internal',
  detail: 'An internal error occurred. Retry later.',
  headers: { 'Retry-After': '5' },
};

function webhookProblem(endpoint: WebhookEndpoint, error: unknown, connection: Connection | null): Problem {
  const problem = problemOf(error);
  if (problem === null) endpoint.log.error('webhook_failed', { connection: connection?.name, ...faultOf(error) });
  if (problem === null) return INTERNAL;
  if (problem.status === 401 && connection) return { ...problem, headers: { 'WWW-Authenticate': challengesOf(connection) } };
  const isFinal = problem.status === 408 || problem.status === 429 || (problem.status >= 500 && problem.status !== 503);
  return isFinal ? { ...INTERNAL, code: problem.code } : problem;
}

function count(
  endpoint: WebhookEndpoint,
  connection: Connection | null,
  status: number,
  code: string,
  receivedAt: Date,
  rejection: RejectedCredential | null = null,
): void {
  const name = connection?.name ?? null;
  endpoint.answered(name, status, code, rejection);
  endpoint.metrics.answered(name, status, code, endpoint.clock.now().getTime() - receivedAt.getTime());
}

/** One log line per rejection; with the cause if the fault is ours. */
function logRefusal(endpoint: WebhookEndpoint, connection: Connection | null, { status, code }: Problem, call: Call, error: unknown): void {
  const reason = error instanceof Unauthenticated ? { reason: error.message, credential: error.credential } : {};
  const fields = {
    connection: connection?.name,
    status,
    code,
    remoteAddress: call.remoteAddress,
    ...reason,
  };
  const cause = error instanceof Unavailable ? error.cause : undefined;
  if (cause === undefined) endpoint.log.warn('webhook_refused', fields);
  else endpoint.log.error('webhook_refused', { ...fields, ...faultOf(cause) });
}
