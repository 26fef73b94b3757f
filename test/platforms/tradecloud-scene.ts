import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ListPosition, PlatformApi, ResourcePage } from '../../src/platforms/contract/api.ts';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { createRemote } from '../../src/remote/create-remote.ts';
import { remoteServer, silentLog } from '../remote/remote-server.ts';
import { createLimits } from '../support/limits.ts';
import { settings, simulationTools } from './tradecloud-support.ts';

export interface Scene {
  api: PlatformApi;
  simulation: Simulation;
  tools: ReturnType<typeof simulationTools>;
  /** The requests, as `GET /order/x`. */
  asked: string[];
  bodies: string[];
  base: string;
  /** If set, the status of all responses. */
  fault: { status: number | null; path: RegExp; body?: string };
}

/** The simulated Tradecloud on its own port, and a connection's client; the clock only moves on request. */
export async function scene(t: TestContext, more: Record<string, unknown> = {}, api: Record<string, unknown> = {}): Promise<Scene> {
  const asked: string[] = [];
  const bodies: string[] = [];
  const fault: Scene['fault'] = { status: null, path: /./ };
  const held: { simulation?: Simulation } = {};
  const base = await remoteServer(t, (request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://x');
    asked.push(`${request.method} ${url.pathname}`);
    bodies.push(body);
    // The simulated clock stands still, so its time is not reported.
    response.removeHeader('date');
    response.sendDate = false;
    if (fault.status !== null && fault.path.test(url.pathname)) return response.writeHead(fault.status).end(fault.body);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = held.simulation?.answer({ method: request.method ?? 'GET', path: url.pathname, query: {}, headers, body });
    return response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  });
  const tools = simulationTools(base);
  const own = settings({ api: { baseUrl: base, username: 'dock@acme.example', password: ['right'], ...api }, ...more });
  const simulation = tradecloud.simulate(settings({ api: { baseUrl: base, username: 'dock@acme.example', password: ['right'] } }), tools);
  held.simulation = simulation;
  const clock = { now: tools.now };
  const remote = createRemote({
    limits: createLimits(),
    clock,
    random: () => 0.5,
    log: silentLog,
    sleep: async (ms) => tools.advance(ms),
  }).forConnection('acme');
  const line = tradecloud.connect(own, remote);
  assert.ok(line);
  return { api: line, simulation, tools, asked, bodies, base, fault };
}

export const issue = (simulation: Simulation) => {
  const subject = simulation.emit('OrderIssuedByBuyer')[0]?.subject;
  assert.ok(subject);
  return subject;
};

/** How many logins, or refreshes, are among the requests. */
export const logins = (asked: readonly string[], what = 'login') => asked.filter((call) => call === `GET /authentication/${what}`).length;

export async function readAll(
  api: PlatformApi,
  stream: string,
  start: Partial<ListPosition>,
  between?: (page: number) => void,
): Promise<{ ids: string[]; watermark: string | null; pages: ResourcePage[] }> {
  const pages: ResourcePage[] = [];
  for (let page: string | null = null; ; ) {
    const got: ResourcePage = await api.changesSince(stream, { watermark: null, since: null, ...start, page });
    pages.push(got);
    if (got.next === null) break;
    assert.ok(pages.length < 50, 'paging does not end');
    page = got.next;
    between?.(pages.length);
  }
  const ids = pages.flatMap(({ records }) => records.map(({ subject }) => subject.externalId));
  return { ids, watermark: pages.reduce<string | null>((last, { watermark }) => watermark ?? last, null), pages };
}

export interface Announced {
  buyerOrder: { documents: { objectId: string; name: string }[] };
}

export const attach = (simulation: Simulation): { objectId: string; name: string } => {
  issue(simulation);
  const [webhook] = simulation.emit('OrderDocumentsAttachedByBuyer');
  const body = JSON.parse(webhook?.body ?? '{}') as { orderDocumentsEvent: Announced };
  const [document] = body.orderDocumentsEvent.buyerOrder.documents;
  assert.ok(document);
  return document;
};
