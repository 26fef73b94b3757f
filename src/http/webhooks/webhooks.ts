import type { Request, RequestHandler, Response } from 'express';
import { Refused, Unavailable } from '../../domain/errors.ts';
import type { ReceiveResult } from '../../intake/receive-webhook.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { CredentialChecker, WebhookRequest } from '../../platforms/contract/webhook.ts';
import { challengesOf, type MakeCredentialChecker } from '../auth/gatekeeper.ts';
import type { HttpPorts } from '../ports.ts';
import { faultOf, type Problem, problemOf, sendProblem } from '../problem.ts';
import { isAllowedIp } from './allow-ips.ts';
import { type BodyRules, formatOf, readBody, SenderGone } from './body.ts';
import { createBodyBudget } from './body-budget.ts';
import { type MatchedRoute, matchRoute, readTarget, type Target } from './routes.ts';

/** What a webhook request meets at the door, whatever its platform. */
export type WebhookPorts = Pick<HttpPorts, 'settings' | 'connections' | 'receiver' | 'clock' | 'log' | 'answered' | 'metrics'> & {
  gatekeeperFor: MakeCredentialChecker;
};

type Door = WebhookPorts & { bodies: BodyRules };

// Memory for large bodies in work, and how long one waits for its share; senders must have an answer within 10 s.
const LARGE_BODIES_BYTES = 33_554_432;
const PATIENCE_MS = 8000;
const ANSWER_WITHIN_MS = 9000;

/**
 * The webhook paths: mounted at `/webhooks`. Every request ends in one answer of the table in openapi/, and in one count.
 * Never 500, 408 or 429: some senders do not repeat after those.
 */
export function createWebhooks(ports: WebhookPorts): RequestHandler {
  const { maxBodyBytes } = ports.settings;
  const budget = createBodyBudget(Math.max(LARGE_BODIES_BYTES, maxBodyBytes), PATIENCE_MS);
  const door: Door = { ...ports, bodies: { maxBytes: maxBodyBytes, budget } };
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
    sendProblem(response, problem);
    count(door, connection, problem.status, problem.code, receivedAt);
    logRefusal(door, connection, problem, addressOf(door, request), error);
  }
}

/** The checks in their order: connection, HTTPS, address, path and method, size, then credentials and content. */
async function takeIn(
  door: Door,
  request: Request,
  target: Target,
  connection: Connection | null,
  receivedAt: Date,
): Promise<ReceiveResult> {
  if (connection === null) throw new Refused(404, 'unknown_connection', 'There is no such connection.');
  if (door.settings.requireHttps && !request.secure) throw new Refused(403, 'https_required', 'Webhooks are only taken over HTTPS.');
  const remoteAddress = addressOf(door, request);
  if (!isAllowedIp(remoteAddress, connection.settings.webhook.allowIps)) {
    throw new Refused(403, 'ip_not_allowed', 'This address may not call this connection.');
  }
  const matched = matchRoute(connection, request.method, target.path);
  const body = await readBody(request, door.bodies);
  const inbound = describe(door, request, target, matched, body.bytes, receivedAt, remoteAddress);
  return inTime(handOver(door, connection, matched, inbound).finally(body.release));
}

function describe(
  door: Door,
  request: Request,
  target: Target,
  matched: MatchedRoute,
  body: Buffer,
  receivedAt: Date,
  remoteAddress: string,
): WebhookRequest {
  const isGet = matched.route.method === 'GET';
  return {
    method: matched.route.method,
    path: target.path,
    params: matched.params,
    query: target.query === '' ? NO_QUERY : Object.fromEntries(new URLSearchParams(target.query)),
    // Node has lower-cased the names and joined what was repeated.
    headers: request.headers as Record<string, string>,
    body,
    format: isGet ? 'none' : (formatOf(request.headers['content-type'], body) ?? 'none'),
    // Asked for by few: only some signatures cover the address.
    get url() {
      return `${door.settings.publicUrl ?? `${request.protocol}://${request.host}`}${request.originalUrl}`;
    },
    receivedAt,
    remoteAddress,
  };
}

const NO_QUERY: Record<string, string> = Object.freeze({});

async function handOver(door: Door, connection: Connection, { route }: MatchedRoute, inbound: WebhookRequest): Promise<ReceiveResult> {
  const gatekeeper = door.gatekeeperFor(connection, inbound.headers, inbound.receivedAt);
  if (route.method === 'POST' && !route.formats.includes(inbound.format)) await refuseFormat(connection, inbound, gatekeeper);
  return door.receiver.receive(connection, inbound, gatekeeper);
}

/** A format that the platform does not send: 415, but a stranger is told 401 first. A platform's greeting may pass in any format. */
async function refuseFormat(connection: Connection, inbound: WebhookRequest, gatekeeper: CredentialChecker): Promise<void> {
  const { platform, settings } = connection;
  if (platform.isGreeting?.(inbound, settings)) return;
  const verdict = await platform.authenticate(inbound, settings, gatekeeper);
  if (!verdict.accepted) throw new Refused(401, 'unauthorized', verdict.reason);
  throw new Refused(415, 'unsupported_media_type', 'This platform does not send bodies of this type.');
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Unavailable('too_slow', 'The request could not be stored in time.')), ANSWER_WITHIN_MS);
    const settle = () => clearTimeout(timer);
    work.then(resolve, reject).finally(settle);
  });
}

function sendAnswer(response: Response, answer: ReceiveResult): void {
  const body =
    answer.status === 'greeting'
      ? '{"status":"greeting"}'
      : `{"status":"${answer.status}","deliveryId":${JSON.stringify(answer.deliveryId)}${answer.conflict ? ',"conflict":true' : ''}}`;
  response.writeHead(answer.status === 'accepted' ? 202 : 200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  // ASCII throughout: the cheaper of Node's two ways to write a text.
  response.end(body, 'latin1');
}

const INTERNAL: Problem = {
  status: 503,
  code: 'internal',
  detail: 'Something went wrong on our side. Please come again.',
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

function count(door: Door, connection: Connection | null, status: number, code: string, receivedAt: Date): void {
  const name = connection?.name ?? null;
  door.answered(name, status, code);
  door.metrics.answered(name, status, code, door.clock.now().getTime() - receivedAt.getTime());
}

/** One line for each refusal; where the fault is ours, with what lies behind it. */
function logRefusal(door: Door, connection: Connection | null, { status, code }: Problem, remoteAddress: string, error: unknown): void {
  const fields = { connection: connection?.name, status, code, remoteAddress };
  const cause = error instanceof Unavailable ? error.cause : undefined;
  if (cause === undefined) door.log.warn('webhook_refused', fields);
  else door.log.error('webhook_refused', { ...fields, ...faultOf(cause) });
}

const addressOf = (door: Door, request: Request): string =>
  (door.settings.trustProxy === null ? request.socket.remoteAddress : request.ip) ?? '';
