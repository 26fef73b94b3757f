import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { OutgoingWebhook } from '../platforms/contract/simulation.ts';

/** The service's response to a webhook; `status` 0 if there was none. */
export interface PostAnswer {
  status: number;
  retryAfterMs: number | null;
  body: string;
}

/** Sends one webhook to the service, as a platform would. */
export type Post = (url: string, webhook: OutgoingWebhook) => Promise<PostAnswer>;

const TIMEOUT_MS = 15_000;

/**
 * `certificate`: the chain that the service itself serves (PEM). Our own service on this machine is then trusted only with exactly that
 * certificate, whatever its name.
 */
export function createPost(certificate: string | Buffer | null): Post {
  const trust = certificate === null ? {} : { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  return (url, webhook) =>
    new Promise((resolve) => {
      const options: RequestOptions = {
        method: webhook.method,
        headers: { 'user-agent': 'orderdock-sandbox', ...webhook.headers, ...lengthOf(webhook) },
        timeout: TIMEOUT_MS,
        agent: false,
      };
      const none = (error: Error) => resolve({ status: 0, retryAfterMs: null, body: error.message });
      const answered = (response: IncomingMessage) => void readAnswer(response).then(resolve, none);
      const request = url.startsWith('https:')
        ? requestHttps(url, { ...options, ...trust }, answered)
        : requestHttp(url, options, answered);
      request.on('error', none);
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      request.end(webhook.method === 'GET' ? undefined : webhook.body);
    });
}

const lengthOf = (webhook: OutgoingWebhook): Record<string, number> =>
  webhook.method === 'GET' ? {} : { 'content-length': Buffer.byteLength(webhook.body) };

async function readAnswer(response: IncomingMessage): Promise<PostAnswer> {
  const body = await text(response);
  const seconds = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
    body,
  };
}
