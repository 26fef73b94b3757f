import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { z } from 'zod';
import { FeedDiverged } from '../domain/entities/feed-cursor.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import { InvalidBody, OrderdockError, Refused, RemoteFailure, Unavailable } from '../domain/errors.ts';
import type { Log, LogFields } from '../domain/log.ts';

/** The content of every error response (RFC 9457). `code` is stable, snake_case; `detail` is for humans and contains no secret. */
export interface Problem {
  status: number;
  code: ErrorCode;
  detail: string;
  /** Further members of the response, such as `deliveryId` or `errors`. */
  members?: Readonly<Record<string, unknown>>;
  headers?: OutgoingHttpHeaders;
}

/** Writes the problem as `application/problem+json`: `type`, `title`, `status`, `code`, `detail` and its further members. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const body = problemBody(problem);
  writeProblemHead(response, problem, body);
  response.end(body);
}

/** Writes the problem but leaves the response open. */
export function writeProblem(response: ServerResponse, problem: Problem): void {
  const body = problemBody(problem);
  writeProblemHead(response, problem, body);
  response.write(body);
}

const problemBody = (problem: Problem): string =>
  JSON.stringify({
    type: `urn:orderdock:problem:${problem.code}`,
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...problem.members,
  });

const writeProblemHead = (response: ServerResponse, problem: Problem, body: string) =>
  response.writeHead(problem.status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...problem.headers,
  });

/** A rejection whose response needs additional headers, such as `Allow`. */
export class RefusedWith extends Refused {
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>>) {
    super(status, code, message);
    this.headers = headers;
  }
}

/** The response for an error; `null` for an unexpected one. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof RefusedWith) return { status: error.status, code: error.code, detail: error.message, headers: error.headers };
  if (error instanceof FeedDiverged) return { status: error.status, code: error.code, detail: error.message, members: error.members };
  if (error instanceof Refused) return { status: error.status, code: error.code, detail: error.message };
  if (error instanceof InvalidBody) return { status: 400, code: error.code, detail: error.message, ...deliveryOf(error) };
  if (error instanceof Unavailable) {
    return { status: 503, code: error.code, detail: error.message, headers: { 'Retry-After': seconds(error.retryAfterMs) } };
  }
  if (error instanceof RemoteFailure) return { status: 502, code: error.code, detail: error.message };
  return error instanceof OrderdockError ? null : foreignProblem(error);
}

/** `Retry-After` counts whole seconds, at least one. */
const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));

// A body that could not be parsed is stored nevertheless: the sender may want to refer to it.
function deliveryOf(error: InvalidBody): Pick<Problem, 'members'> {
  return 'deliveryId' in error && typeof error.deliveryId === 'string' ? { members: { deliveryId: error.deliveryId } } : {};
}

const CODES: Readonly<Partial<Record<number, ErrorCode>>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

/** Errors of Express's own parsers and of the OpenAPI validator carry a `status`; only those below 500 concern the client. */
function foreignProblem(error: unknown): Problem | null {
  const parsed = foreignError.safeParse(error);
  if (!parsed.success) return null;
  const { status, message, errors, headers } = parsed.data;
  const code = CODES[status];
  if (code === undefined) return null;
  // The validator's own text for a missing type is "unsupported media type undefined".
  if (message?.startsWith('unsupported media type'))
    return { status, code, detail: 'Send a JSON body with "Content-Type: application/json".' };
  return {
    status,
    code,
    detail: message ?? STATUS_CODES[status] ?? code,
    ...(errors ? { members: { errors } } : {}),
    ...(headers?.Allow ? { headers: { Allow: headers.Allow } } : {}),
  };
}

const foreignError = z.object({
  status: z.number(),
  message: z.string().optional(),
  errors: z
    .array(z.object({ path: z.string().optional(), message: z.string().optional() }))
    .optional()
    .catch(undefined),
  headers: z.object({ Allow: z.string().optional() }).optional().catch(undefined),
});

const INTERNAL: Problem = { status: 500, code: 'internal', detail: 'An internal error occurred and has been logged.' };

/**
 * The log fields of an unexpected error: its type and where it was thrown. Never its message: databases include the statement in it, and
 * with that the data to be stored.
 */
export function faultOf(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error ? error.code : null;
  const at = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return { error: typeof code === 'string' ? `${error.name} ${code}` : error.name, at: at?.trim() };
}

/** The error handler of everything but the webhook paths: any error becomes a problem, and only unexpected ones are logged. */
export const errorBorder =
  (log: Log): ErrorRequestHandler =>
  (error, request, response, _next) => {
    const problem = problemOf(error);
    if (problem === null) log.error('request_failed', { method: request.method, path: request.path, ...faultOf(error) });
    // A partial response cannot be retracted: the client sees the connection break.
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem ?? INTERNAL);
  };

/** The last handler: no route matches this path. */
export const notFound: RequestHandler = (_request, response) =>
  sendProblem(response, { status: 404, code: 'not_found', detail: 'There is no resource at this path.' });

/** Answers 405 with `Allow`; mounted behind the handlers of the methods that are allowed. */
export const allowOnly =
  (...methods: readonly string[]): RequestHandler =>
  (request, response) =>
    sendProblem(response, {
      status: 405,
      code: 'method_not_allowed',
      detail: `${request.method} is not allowed for this resource.`,
      headers: { Allow: methods.join(', ') },
    });
