import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { requestOf, runInRequest, setActor } from '../domain/current-request.ts';

/** Adopts `X-Request-Id` and `traceparent`: log lines, the audit and outgoing calls of this request carry them. The response returns the id. */
export const requestContext: RequestHandler = (request, response, next) => {
  const current = requestOf(request.headers, randomUUID());
  response.setHeader('X-Request-Id', current.requestId);
  runInRequest(current, next);
};

/** Records the caller of this request for the audit and the log. */
export const actAs = (response: Response, via: 'api' | 'console', keyName: string): void =>
  setActor({ who: keyName, keyName, via, address: response.req.ip ?? null });
