import type { IncomingHttpHeaders } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { PLACE_WITHIN_MS } from '../../domain/deadlines.ts';
import { Refused, Unauthenticated, Unavailable } from '../../domain/errors.ts';
import type { ReceiveResult } from '../../intake/receive-webhook.ts';
import type { RejectedCredential } from '../../monitoring/response-stats.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { IncomingWebhook } from '../../platforms/contract/webhook.ts';
import { challengesOf, type MakeCredentialChecker } from '../auth/gatekeeper.ts';
import type { HttpPorts } from '../ports.ts';
import { faultOf, type Problem, problemOf } from '../problem.ts';
import { isAllowedIp } from './allow-ips.ts';
import { type BodyRules, formatOf, readBody, SenderGone } from './body.ts';
import { createBodyBudget } from './body-budget.ts';
import type { Pace } from './body-pace.ts';
import { type MatchedRoute, matchRoute, readTarget, type Target } from './routes.ts';
import { sendRefusal } from './send-refusal.ts';

/** The dependencies of the webhook paths, the same for every platform. */
export type WebhookPorts = Pick<HttpPorts, 'settings' | 'connections' | 'receiver' | 'clock' | 'log' | 'answered' | 'metrics'> & {
  gatekeeperFor: MakeCredentialChecker;
};

type Door = WebhookPorts & { bodies: BodyRules };

// Memory for large bodies in progress, and disk space for bodies that are not authenticated yet.
const LARGE_BODIES_BYTES = 33_554_432;
const UNPROVEN_FILES_BYTES = 268_435_456;
const FREE_BYTES = 65_536;
const PACE: Pace = { bytesPerSecond: 16_384, graceMs: 5000, wholeWithinMs: 60_000 };

/**
 * The webhook paths: mounted at `/webhooks`. Every request ends in one response documented in openapi/, and is counted once.
 * Never 500, 408 or 429: some senders do not retry after those.
 */
export function createWebhooks(ports: WebhookPorts): RequestHandler {
  const { maxBodyBytes, dataDir } = ports.settings;
  const bodies: BodyRules = {
    maxBytes: maxBodyBytes,
    memory: createBodyBudget({ totalBytes: LARGE_BODIES_BYTES, freeBytes: FREE_BYTES, waitMs: PLACE_WITHIN_MS }),
    spill: createBodyBudget({ totalBytes: UNPROVEN_FILES_BYTES, freeBytes: 0, waitMs: PLACE_WITHIN_MS }),
    spillDir: dataDir,
    pace: PACE,
  };
  const door: Door = { ...ports, bodies };
  return (request, response) => {
    void answerWebhook(door, request, response);
  };
}

async function answerWebhook(door: Door, request: Request, response: Response): Promise<void> {
  const receivedAt = door.clock.now();
  const target = readTarget(request.url);
  const connection = door.connections.get(target.connection) ?? null;
  try {
    const answer = await takeIn(door, request, target, connection, receivedAt);
    sendAnswer(response, answer);
    count(door, connection, answer.status === 'accepted' ? 202 : 200, answer.status, receivedAt);
  } catch (error) {
    if (error instanceof SenderGone) return;
    const problem = webhookProblem(door, error, connection);
    sendRefusal(request, response, problem);
    const rejection = error instanceof Unauthenticated ? { reason: error.message, credential: error.credential } : null;
    const remoteAddress = addressOf(door, request);
    count(door, connection, problem.status, problem.code, receivedAt, rejection && { ...rejection, remoteAddress });
    // Requests without any credentials are counted and share one log line per minute.
    if (!(rejection && rejection.credential === null)) logRefusal(door, connection, problem, request, error);
  }
}

/** The checks common to all webhooks; the receiver does the rest, from the credentials on. */
async function takeIn(
  door: Door,
  request: Request,
  target: Target,
  connection: Connection | null,
  receivedAt: Date,
): Promise<ReceiveResult> {
  if (connection === null) throw new Refused(404, 'unknown_connection', 'Unknown connection.');
  if (door.settings.requireHttps && !request.secure) throw new Refused(403, 'https_required', 'Webhooks are accepted over HTTPS only.');
  const remoteAddress = addressOf(door, request);
  if (!isAllowedIp(remoteAddress, connection.settings.webhook.allowIps)) {
    throw new Refused(403, 'ip_not_allowed', 'This address is not allowed to call this connection.');
  }
  const matched = matchRoute(connection, request.method, target.path);
  const incoming = describe(door, request, target, matched, receivedAt, remoteAddress);
  return door.receiver.receive(connection, incoming, door.gatekeeperFor(connection, incoming.headers, receivedAt, remoteAddress));
}

function describe(
  door: Door,
  request: Request,
  target: Target,
  { route, params }: MatchedRoute,
  receivedAt: Date,
  remoteAddress: string,
): IncomingWebhook {
  return {
    method: route.method,
    path: target.path,
    params,
    query: target.query === '' ? NO_QUERY : Object.fromEntries(new URLSearchParams(target.query)),
    headers: textHeaders(request.headers),
    // Computed lazily: only some signatures cover the address.
    get url() {
      return `${door.settings.publicUrl ?? `${request.protocol}://${request.host}`}${request.originalUrl}`;
    },
    receivedAt,
    remoteAddress,
    route,
    async readBody(proof) {
      const body = await readBody(request, door.bodies, proof);
      const format = route.method === 'GET' ? 'none' : (formatOf(request.headers['content-type'], body.bytes) ?? 'none');
      return { ...body, format };
    },
  };
}

/** Node has lower-cased the names and joined repeated headers, all but `set-cookie`, which no sender has a reason to send. */
function textHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) texts[name] = typeof value === 'string' ? value : value.join(', ');
  return texts;
}

const NO_QUERY: Record<string, string> = Object.freeze({});

function sendAnswer(response: Response, answer: ReceiveResult): void {
  const body =
    answer.status === 'greeting'
      ? '{"status":"greeting"}'
      : `{"status":"${answer.status}","deliveryId":${JSON.stringify(answer.deliveryId)}${answer.conflict ? ',"conflict":true' : ''}}`;
  response.writeHead(answer.status === 'accepted' ? 202 : 200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
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

function webhookProblem(door: Door, error: unknown, connection: Connection | null): Problem {
  const problem = problemOf(error);
  if (problem === null) door.log.error('webhook_failed', { connection: connection?.name, ...faultOf(error) });
  if (problem === null) return INTERNAL;
  if (problem.status === 401 && connection) return { ...problem, headers: { 'WWW-Authenticate': challengesOf(connection) } };
  const isFinal = problem.status === 408 || problem.status === 429 || (problem.status >= 500 && problem.status !== 503);
  return isFinal ? { ...INTERNAL, code: problem.code } : problem;
}

function count(
  door: Door,
  connection: Connection | null,
  status: number,
  code: string,
  receivedAt: Date,
  rejection: RejectedCredential | null = null,
): void {
  const name = connection?.name ?? null;
  door.answered(name, status, code, rejection);
  door.metrics.answered(name, status, code, door.clock.now().getTime() - receivedAt.getTime());
}

/** One log line per rejection; with the cause if the fault is ours. */
function logRefusal(door: Door, connection: Connection | null, { status, code }: Problem, request: Request, error: unknown): void {
  const reason = error instanceof Unauthenticated ? { reason: error.message, credential: error.credential } : {};
  const fields = {
    connection: connection?.name,
    status,
    code,
    remoteAddress: addressOf(door, request),

    ...reason,
  };
  const cause = error instanceof Unavailable ? error.cause : undefined;
  if (cause === undefined) door.log.warn('webhook_refused', fields);
  else door.log.error('webhook_refused', { ...fields, ...faultOf(cause) });
}

const addressOf = (door: Door, request: Request): string =>
  (door.settings.trustProxy === null ? request.socket.remoteAddress : request.ip) ?? '';
