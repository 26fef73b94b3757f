import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Log } from '../domain/log.ts';
import { AcceptedRequests } from './accepted-requests.ts';
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
  const accepted = new AcceptedRequests();
  const { server, unwatch } = await createNodeServer(accepted.track(handler), options);
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
      await accepted.stop(options.finishWithinMs ?? 8000);
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
