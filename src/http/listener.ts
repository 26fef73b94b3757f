import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Log } from '../domain/log.ts';
import { sendProblem } from './problem.ts';
import { readTls, type TlsFiles, watchTls } from './tls-files.ts';

export interface ListenOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  tls: TlsFiles | null;
  log: Log;
  /** How often the TLS files are checked. Default 5000. */
  tlsCheckMs?: number;
  /** The time limit of a TLS handshake. Default 8000. */
  handshakeMs?: number;
  /** Overrides of the default limits, milliseconds. */
  times?: Partial<typeof TIMES>;
  /** How long `stop` waits for accepted requests. Default 8000: the process has 10 s in total. */
  finishWithinMs?: number;
}

/** An open port. */
export interface Listener {
  /** The base URL, such as `http://127.0.0.1:43121`. */
  address: string;
  /** Finishes accepted requests, answers 503 to new ones, then closes. */
  stop(): Promise<void>;
}

// Very slow senders are disconnected; keep-alive outlasts the idle timeout of common proxies (60 s), so that they close first.
const TIMES = { headersTimeout: 15_000, requestTimeout: 120_000, connectionsCheckingInterval: 5000, keepAliveTimeout: 65_000 };
const HANDSHAKE_MS = 8000;

/** Opens the port. Throws Node's error if the port is in use or the TLS files cannot be read. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const taken = trackRequests(handler);
  const { server, unwatch } = await createNodeServer(taken.handler, options);
  server.on('clientError', answerClientError);
  // The handshake failed or timed out: no response is possible on that connection.
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

// A client that pipelines is read from only while few of its requests are unanswered.
const MOST_PIPELINED = 16;
const MOST_UNANSWERED = 5000;

/** Tracks the accepted requests that have not been answered yet. */
function trackRequests(handler: RequestListener) {
  const perSocket = new WeakMap<Socket, number>();
  let unanswered = 0;
  let stopping = false;
  let lastAnswered = () => {};

  /** One chunk may contain a thousand requests, so that pausing the socket alone does not limit their total over all connections. */
  function take(socket: Socket): boolean {
    const count = (perSocket.get(socket) ?? 0) + 1;
    if (count > MOST_PIPELINED && unanswered >= MOST_UNANSWERED) {
      socket.destroy();
      return false;
    }
    // Node resumes reading by itself after each response: the socket is paused again until few enough are left.
    if (!perSocket.has(socket)) socket.on('resume', () => pauseIfPipelining(socket));
    perSocket.set(socket, count);
    pauseIfPipelining(socket);
    unanswered++;
    return true;
  }
  function pauseIfPipelining(socket: Socket): void {
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
    /** Resolves when all accepted requests are answered, or after `waitMs`. */
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

/** A request target may include scheme and host (RFC 9112, 3.2.2): `http://host/webhooks/acme` is `/webhooks/acme`. */
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

// Node would answer 408 to a slow request, and some senders do not retry after that.
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET' || /^ERR_(TLS|SSL)/.test(error.code ?? '')) return void socket.destroy();
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  const retry = status.startsWith('503') ? 'Retry-After: 5\r\n' : '';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${retry}Content-Length: 0\r\n\r\n`, () => socket.destroy());
  // Disconnect clients that do not read the response either.
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
