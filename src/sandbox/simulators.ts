import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SimulatedRequest, SimulatedResponse } from '../platforms/contract/simulation.ts';
import { listeningPort } from './listening-port.ts';

export type Answer = (request: SimulatedRequest) => SimulatedResponse;

/** The APIs of all simulated platforms, on one local port, each below `/<name>`. */
export interface Simulators {
  /** `http://127.0.0.1:PORT`. */
  origin: string;
  host(name: string, answer: Answer): void;
  /** While true, every API answers 503. */
  setOutage(on: boolean): void;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Listens on `port`, or on a free port if that one is in use or 0. */
export async function startSimulators(port: number): Promise<Simulators> {
  const hosted = new Map<string, Answer>();
  let outage = false;
  const server = createServer((request, response) => {
    answerRequest(hosted, outage, request).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500, body: '' }),
    );
  });
  await listenNearPort(server, port);
  return {
    origin: `http://127.0.0.1:${listeningPort(server)}`,
    host: (name, answer) => void hosted.set(name, answer),
    setOutage: (on) => {
      outage = on;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reusing the previous port keeps the addresses valid that were handed out then. */
async function listenNearPort(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  const listen = (wanted: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    return listen(0);
  });
}

async function answerRequest(hosted: ReadonlyMap<string, Answer>, outage: boolean, request: IncomingMessage): Promise<SimulatedResponse> {
  const body = await readBody(request);
  if (body === null) return { status: 413, body: '' };
  const [, name = '', rest = ''] = /^\/([^/?]+)(.*)$/s.exec(request.url ?? '/') ?? [];
  const answer = hosted.get(name);
  if (!answer) return { status: 404, body: '' };
  if (outage && !name.startsWith('_')) return { status: 503, headers: { 'retry-after': '1' }, body: '' };
  const [path = '', query = ''] = rest.split(/\?(.*)/s);
  return answer({
    method: request.method ?? 'GET',
    path: path === '' ? '/' : path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: plainHeaders(request),
    body,
  });
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const plainHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );

function send(response: ServerResponse, answer: SimulatedResponse): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}
