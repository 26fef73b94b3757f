import { randomBytes } from 'node:crypto';
import type { Agent } from 'node:http';
import { finished, pipeline, type Readable, Transform } from 'node:stream';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { currentRequest } from '../domain/current-request.ts';
import { RemoteFailure } from '../domain/errors.ts';
import type { Json } from '../domain/values/json.ts';
import { describeCall, failureOfNoResponse } from './failures.ts';
import type { RemoteCall, RemoteResponse, RemoteStream } from './remote.ts';

export interface OutgoingRequest {
  method: RemoteCall['method'];
  url: string;
  headers: Record<string, string>;
  body?: Json | string | undefined;
  timeoutMs: number;
  agents?: { httpAgent: Agent; httpsAgent: Agent };
}

// A page of 100 orders with hundreds of lines is 50 MB at the very most; a larger response must be an error.
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
const STALL_MS = 30_000;

/** Sends one request without following redirects and returns the body as text exactly as sent, for any status. Throws `RemoteFailure` with status 0 if there is no response. */
export async function sendRequest(request: OutgoingRequest): Promise<RemoteResponse> {
  const response = await exchange<string>(request, { responseType: 'text', maxContentLength: MAX_TEXT_BYTES });
  return { status: response.status, headers: plainHeaders(response), text: typeof response.data === 'string' ? response.data : '' };
}

/**
 * The same with the body as a stream. The timeout applies to the first byte; afterwards the stream fails after 30 seconds without data. A
 * body that ends early fails with `remote_unreachable`.
 */
export async function openStream(request: OutgoingRequest): Promise<RemoteStream> {
  const response = await exchange<Readable>(request, { responseType: 'stream' });
  const what = describeCall(request.method, request.url);
  const guard = stallGuard(what);
  // Before `pipeline`, which would pass on the HTTP library's own error.
  finished(response.data, (error) => {
    if (error) guard.destroy(new RemoteFailure('remote_unreachable', `${what} was cut off in the middle of the body`, 0));
  });
  pipeline(response.data, guard, () => {});
  return { status: response.status, headers: plainHeaders(response), content: guard };
}

async function exchange<T>(request: OutgoingRequest, options: AxiosRequestConfig): Promise<AxiosResponse<T>> {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), request.timeoutMs);
  try {
    return await axios.request<T>({
      method: request.method,
      url: request.url,
      headers: { Accept: 'application/json', 'User-Agent': 'Orderdock', ...originHeaders(), ...contentType(request), ...request.headers },
      ...(request.body === undefined ? {} : { data: typeof request.body === 'string' ? request.body : JSON.stringify(request.body) }),
      ...request.agents,
      signal: timer.signal,
      maxRedirects: 0,
      // An environment variable must not route calls with credentials, or guarded calls, through a third party.
      proxy: false,
      validateStatus: () => true,
      transformRequest: (body: unknown) => body,
      transformResponse: (body: unknown) => body,
      ...options,
    });
  } catch (error) {
    throw asFailure(error, request, timer.signal.aborted);
  } finally {
    clearTimeout(timeout);
  }
}

/** The trace context of the current request, with this call as its child (W3C Trace Context). */
function originHeaders(): Record<string, string> {
  const request = currentRequest();
  if (!request) return {};
  const [version, traceId, , flags] = request.traceparent?.split('-') ?? [];
  const trace = traceId === undefined ? {} : { traceparent: `${version}-${traceId}-${randomBytes(8).toString('hex')}-${flags}` };
  return { 'X-Request-Id': request.requestId, ...trace };
}

const contentType = (request: OutgoingRequest): Record<string, string> =>
  request.body === undefined || typeof request.body === 'string' ? {} : { 'Content-Type': 'application/json' };

function asFailure(error: unknown, request: OutgoingRequest, timedOut: boolean): RemoteFailure {
  const what = describeCall(request.method, request.url);
  if (axios.isAxiosError(error) && /maxContentLength/.test(error.message)) {
    return new RemoteFailure('remote_too_large', `${what} answered more than ${MAX_TEXT_BYTES} bytes`, 0);
  }
  const code = axios.isAxiosError(error) ? error.code : undefined;
  return failureOfNoResponse(what, timedOut || code === 'ETIMEDOUT' || code === 'ECONNABORTED', error);
}

function plainHeaders(response: AxiosResponse): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && value !== null) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return headers;
}

function stallGuard(what: string): Transform {
  const fail = () => guard.destroy(new RemoteFailure('remote_timeout', `${what} stopped in the middle of the body`, 0));
  let timer = setTimeout(fail, STALL_MS);
  const guard = new Transform({
    transform(chunk, _encoding, done) {
      clearTimeout(timer);
      timer = setTimeout(fail, STALL_MS);
      done(null, chunk);
    },
    flush(done) {
      clearTimeout(timer);
      done();
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
  return guard;
}
