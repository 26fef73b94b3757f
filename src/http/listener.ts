import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
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
const HANDSHAKE_MS = 10_000;

/** Opens the port. Throws what Node throws when it is taken, or when the TLS files cannot be read. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const taken = createTaken(handler);
  const { server, unwatch } = await createNodeServer(taken.handler, options);
  server.on('clientError', answerClientError);
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
  const server = createTlsServer({ ...times, ...tls, handshakeTimeout: HANDSHAKE_MS }, handler);
  return { server, unwatch: watchTls(server, files, tls, options.tlsCheckMs ?? 5000, options.log) };
}

/** Knows which requests have been taken and not yet answered. */
function createTaken(handler: RequestListener) {
  let unanswered = 0;
  let stopping = false;
  let lastAnswered = () => {};
  const answered = () => {
    unanswered--;
    if (unanswered === 0) lastAnswered();
  };
  return {
    handler(request: IncomingMessage, response: ServerResponse<IncomingMessage> & { req: IncomingMessage }) {
      if (stopping) return refuse(response);
      unanswered++;
      response.once('close', answered);
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

const refuse = (response: ServerResponse): void =>
  sendProblem(response, {
    status: 503,
    code: 'stopping',
    detail: 'The service is stopping. Please come again.',
    headers: { 'Retry-After': '5', Connection: 'close' },
  });

// Node would answer 408 to a request that is too slow, and some senders do not repeat after that.
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  const retry = status.startsWith('503') ? 'Retry-After: 5\r\n' : '';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${retry}Content-Length: 0\r\n\r\n`, () => socket.destroy());
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '503 Service Unavailable',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
};

const ANY_ADDRESS = new Set(['0.0.0.0', '::', '']);

function addressOf(server: Server, { host, tls }: ListenOptions): string {
  const { port } = server.address() as AddressInfo;
  const name = ANY_ADDRESS.has(host) ? '127.0.0.1' : host;
  return `${tls === null ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
