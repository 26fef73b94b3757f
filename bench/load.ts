import { connect, type Socket } from 'node:net';
import { percentile, rounded } from './percentile.ts';
import { SAMPLE_CONNECTION, SAMPLE_CREDENTIALS } from './sample.ts';

export interface Load {
  /** Requests that were answered per second, from the first request to the last answer. */
  perSecond: number;
  sent: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers that were not 202. */
  refused: number;
}

interface Target {
  host: string;
  port: number;
}

export const targetOf = (url: string): Target => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

const AUTHORIZATION = `Basic ${Buffer.from(`${SAMPLE_CREDENTIALS.username}:${SAMPLE_CREDENTIALS.password}`).toString('base64')}`;

export function requestBytes({ host, port }: Target, body: string): string {
  return `POST /webhooks/${SAMPLE_CONNECTION}/orders HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Type: application/json\r\nUser-Agent: bench\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/**
 * Posts webhooks over `connections` sockets, each with one request at a time, until `bodyOf` returns null. Plain sockets: a heavier load generator
 * on the same cores would compete with the service.
 */
export async function postOrders(url: string, connections: number, bodyOf: () => string | null): Promise<Load> {
  const target = targetOf(url);
  const latencies: number[] = [];
  const count = { sent: 0, refused: 0 };
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const line = await openLine(target);
      for (let body = bodyOf(); body !== null; body = bodyOf()) {
        const sentMs = performance.now();
        const status = await line.post(requestBytes(target, body));
        latencies.push(performance.now() - sentMs);
        count.sent += 1;
        if (status !== 202) count.refused += 1;
      }
      line.close();
    }),
  );
  return {
    perSecond: Math.round((count.sent * 1000) / (performance.now() - startedMs)),
    ...count,
    p50Ms: rounded(percentile(latencies, 0.5)),
    p99Ms: rounded(percentile(latencies, 0.99)),
  };
}

export interface Line {
  /** Sends one request and returns the status of its response; 0 if the connection was lost. */
  post(request: string): Promise<number>;
  close(): void;
}

export function openLine(target: Target): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, target.host, () => resolve(lineOn(socket)));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

function lineOn(socket: Socket): Line {
  let answered: ((status: number) => void) | null = null;
  let received = '';
  const settle = (status: number) => {
    received = '';
    answered?.(status);
    answered = null;
  };
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    received += chunk;
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
    if (received.length >= end + 4 + length) settle(Number(received.slice(9, 12)));
  });
  socket.on('error', () => settle(0));
  socket.on('close', () => settle(0));
  return {
    post: (request) =>
      new Promise((resolve) => {
        answered = resolve;
        socket.write(request);
      }),
    close: () => socket.end(),
  };
}

/** Bodies of `count` new orders, generated on demand. */
export function orders(prefix: string, count: number, make: (id: string) => string): () => string | null {
  let next = 0;
  return () => (next < count ? make(`${prefix}-${next++}`) : null);
}

/** Bodies of new orders until `seconds` have passed. */
export function ordersFor(prefix: string, seconds: number, make: (id: string) => string): () => string | null {
  const untilMs = performance.now() + seconds * 1000;
  let next = 0;
  return () => (performance.now() < untilMs ? make(`${prefix}-${next++}`) : null);
}
