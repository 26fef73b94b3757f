import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Log } from '../domain/log.ts';
import { sendProblem } from './problem.ts';
import { readTls, type TlsFiles, watchTls } from './tls-files.ts';

export interface ListenOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  tls: TlsFiles | null;
  log: Log;
  /** How often the TLS files are looked at. Default 5000. */
  tlsCheckMs?: number;
  /** Within which a TLS handshake has to be finished. Default 8000. */
  handshakeMs?: number;
  /** In place of the usual limits, milliseconds. */
  times?: Partial<typeof TIMES>;
  /** How long `stop` waits for requests that were taken. Default 8000: the process has 10 s in all. */
  finishWithinMs?: number;
}

/** An open door. */
export interface Listener {
  /** The base URL, such as `http://127.0.0.1:43121`. */
  address: string;
  /** Finishes what was taken, answers 503 to the rest, then closes. */
  stop(): Promise<void>;
}

// A sender that dribbles is cut off; keep-alive outlasts the idle time of common proxies (60 s), so that they close first.
const TIMES = { headersTimeout: 15_000, requestTimeout: 120_000, connectionsCheckingInterval: 5000, keepAliveTimeout: 65_000 };
const HANDSHAKE_MS = 8000;

/** Opens the port. Throws what Node throws when it is taken, or when the TLS files cannot be read. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const taken = createTaken(handler);
  const { server, unwatch } = await createNodeServer(taken.handler, options);
  server.on('clientError', answerClientError);
  // A handshake that failed or was never finished: nothing can be said on that connection.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  }).catch((error) => {
    unwatch();
    throw error;
  });
  return {
    address: addressOf(server, options),
    async stop() {
      unwatch();
      await taken.stop(options.finishWithinMs ?? 8000);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function createNodeServer(handler: RequestListener, options: ListenOptions): Promise<{ server: Server; unwatch(): void }> {
  const times = { ...TIMES, ...options.times };
  const files = options.tls;
  if (files === null) return { server: createServer(times, handler), unwatch: () => {} };
  const tls = await readTls(files);
  const server = createTlsServer({ ...times, ...tls, handshakeTimeout: options.handshakeMs ?? HANDSHAKE_MS }, handler);
  return { server, unwatch: watchTls(server, files, tls, options.tlsCheckMs ?? 5000, options.log) };
}

// Clients that send requests without waiting for answers are read on only while few of theirs are unanswered.
const MOST_PIPELINED = 16;
const MOST_UNANSWERED = 5000;

/** Knows which requests have been taken and not yet answered. */
function createTaken(handler: RequestListener) {
  const perSocket = new WeakMap<Socket, number>();
  let unanswered = 0;
  let stopping = false;
  let lastAnswered = () => {};

  /** One chunk may bring a thousand requests, so that holding back alone does not bound them over all connections. */
  function take(socket: Socket): boolean {
    const count = (perSocket.get(socket) ?? 0) + 1;
    if (count > MOST_PIPELINED && unanswered >= MOST_UNANSWERED) {
      socket.destroy();
      return false;
    }
    // Node reads on by itself as soon as a response has gone out: it is stopped again until few enough are left.
    if (!perSocket.has(socket)) socket.on('resume', () => holdBack(socket));
    perSocket.set(socket, count);
    holdBack(socket);
    unanswered++;
    return true;
  }
  function holdBack(socket: Socket): void {
    if ((perSocket.get(socket) ?? 0) > MOST_PIPELINED) socket.pause();
  }
  function answered(socket: Socket): void {
    const count = (perSocket.get(socket) ?? 1) - 1;
    perSocket.set(socket, count);
    if (count === MOST_PIPELINED) socket.resume();
    unanswered--;
    if (unanswered === 0) lastAnswered();
  }
  return {
    handler(request: IncomingMessage, response: ServerResponse<IncomingMessage> & { req: IncomingMessage }) {
      if (stopping) return refuse(response);
      const { socket } = request;
      if (!take(socket)) return;
      response.once('close', () => answered(socket));
      request.url = originForm(request.url ?? '/');
      handler(request, response);
    },
    /** Resolves when all that was taken is answered, or after `waitMs`. */
    async stop(waitMs: number) {
      stopping = true;
      if (unanswered === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        lastAnswered = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

/** A request target may name scheme and host as well (RFC 9112, 3.2.2): `http://host/webhooks/acme` is `/webhooks/acme`. */
function originForm(target: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const refuse = (response: ServerResponse): void =>
  sendProblem(response, {
    status: 503,
    code: 'stopping',
    detail: 'The service is shutting down. Retry later.',
    headers: { 'Retry-After': '5', Connection: 'close' },
  });

// Node would answer 408 to a request that is too slow, and some senders do not repeat after that.
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET' || /^ERR_(TLS|SSL)/.test(error.code ?? '')) return void socket.destroy();
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  const retry = status.startsWith('503') ? 'Retry-After: 5\r\n' : '';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${retry}Content-Length: 0\r\n\r\n`, () => socket.destroy());
  // Who does not read it either is let go of.
  setTimeout(() => socket.destroy(), UNREAD_MS).unref();
}

const UNREAD_MS = 3000;

const STATUS_LINES: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '503 Service Unavailable',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
};

const ANY_ADDRESS = new Set(['0.0.0.0', '::', '']);

function addressOf(server: Server, { host, tls }: ListenOptions): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server does not listen on a TCP port.');
  const name = ANY_ADDRESS.has(host) ? '127.0.0.1' : host;
  return `${tls === null ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${bound.port}`;
}
