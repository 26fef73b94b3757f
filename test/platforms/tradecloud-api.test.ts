import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import type { ListPosition, PlatformApi, ResourcePage } from '../../src/platforms/contract/api.ts';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { createRemote } from '../../src/remote/create-remote.ts';
import { farSide, silentLog } from '../remote/far-side.ts';
import { createLimits } from '../support/limits.ts';
import { settings, simulationTools } from './tradecloud-support.ts';

interface Scene {
  api: PlatformApi;
  simulation: Simulation;
  tools: ReturnType<typeof simulationTools>;
  /** What was asked, as `GET /order/x`. */
  asked: string[];
  bodies: string[];
  base: string;
  /** Answers with this status instead, while it is set. */
  fault: { status: number | null; path: RegExp; body?: string };
}

/** The simulated Tradecloud on a port of its own, and a connection's line to it; the clock moves only by hand. */
async function scene(t: TestContext, more: Record<string, unknown> = {}, api: Record<string, unknown> = {}): Promise<Scene> {
  const asked: string[] = [];
  const bodies: string[] = [];
  const fault: Scene['fault'] = { status: null, path: /./ };
  const held: { simulation?: Simulation } = {};
  const base = await farSide(t, (request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://x');
    asked.push(`${request.method} ${url.pathname}`);
    bodies.push(body);
    // The world stands still: its time is no help to a test, so it is not told.
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

const issue = (simulation: Simulation) => {
  const subject = simulation.emit('OrderIssuedByBuyer')[0]?.subject;
  assert.ok(subject);
  return subject;
};

const logins = (asked: readonly string[], what = 'login') => asked.filter((call) => call === `GET /authentication/${what}`).length;

test('without credentials there is no API client', () => {
  const remote = createRemote({
    limits: createLimits(),
    clock: { now: () => new Date() },
    random: () => 0.5,
    log: silentLog,
  }).forConnection('acme');
  assert.equal(tradecloud.connect(settings(), remote), null);
  assert.equal(tradecloud.connect(settings({ api: { baseUrl: 'http://127.0.0.1:1' } }), remote), null);
});

test('one login serves many concurrent fetches, and an order arrives with exactly its digits', async (t) => {
  const { api, simulation, asked } = await scene(t);
  const subjects = [issue(simulation), issue(simulation), issue(simulation)];
  const fetched = await Promise.all(subjects.map((subject) => api.fetch(subject)));
  assert.equal(logins(asked), 1);
  for (const [position, subject] of subjects.entries()) {
    assert.equal(fetched[position]?.partial, false);
    assert.equal(fetched[position]?.text, simulation.resources().find((one) => one.subject.externalId === subject.externalId)?.text);
  }
});

test('a token is refreshed a minute before it expires, and an invalid refresh token leads to a new login', async (t) => {
  const { api, simulation, asked, tools } = await scene(t);
  const subject = issue(simulation);
  await api.fetch(subject);
  tools.advance(58 * 60_000);
  await api.fetch(subject);
  assert.deepEqual([logins(asked), logins(asked, 'refresh')], [1, 0]);
  tools.advance(61_000);
  await Promise.all([api.fetch(subject), api.fetch(subject)]);
  assert.deepEqual([logins(asked), logins(asked, 'refresh')], [1, 1]);
  tools.advance(25 * 3_600_000);
  await api.fetch(subject);
  assert.deepEqual([logins(asked), logins(asked, 'refresh')], [2, 2]);
});

test('a refused token leads to one new login, and a second refusal is thrown', async (t) => {
  const { api, simulation, asked, fault } = await scene(t);
  const subject = issue(simulation);
  fault.status = 401;
  fault.path = /^\/order\//;
  await assert.rejects(api.fetch(subject), (error) => error instanceof RemoteFailure && error.status === 401);
  assert.equal(logins(asked), 2);
  assert.equal(asked.filter((call) => call.startsWith('GET /order/')).length, 2);
});

test('of several passwords the first that is accepted is used; if none is, the failure states 401 and no password', async (t) => {
  const good = await scene(t, {}, { password: ['wrong', 'right'] });
  await good.api.fetch(issue(good.simulation));
  assert.equal(logins(good.asked), 2);
  const bad = await scene(t, {}, { password: ['wrong-1', 'wrong-2'] });
  const error = await bad.api.fetch(issue(bad.simulation)).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RemoteFailure);
  assert.equal(error.status, 401);
  assert.doesNotMatch(String(error.stack), /wrong/);
});

test('an unknown order is missing, and special characters in an id are one segment', async (t) => {
  const { api, asked } = await scene(t);
  await assert.rejects(api.fetch({ kind: 'order', externalId: 'a/b c?d' }), RemoteMissing);
  assert.ok(asked.includes('GET /order/a%2Fb%20c%3Fd'));
});

async function readAll(
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

test("a proxy's error page, a truncated response or another order's response is a transient failure, not an order", async (t) => {
  const { api, simulation, fault } = await scene(t);
  const subject = issue(simulation);
  await api.fetch(subject);
  for (const body of ['<html>maintenance</html>', '{"id":"x","lines":[', '[]', '{"ok":true}', '']) {
    Object.assign(fault, { status: 200, path: /^\/order\//, body });
    await assert.rejects(api.fetch(subject), (error) => error instanceof RemoteFailure && error.code === 'remote_unreadable', body);
  }
});

test('a first poll reads everything by pages of 100, each order once, and returns the latest time received', async (t) => {
  const { api, simulation, bodies } = await scene(t);
  for (let i = 0; i < 250; i++) issue(simulation);
  const { ids, watermark, pages } = await readAll(api, 'orders', {});
  assert.equal(ids.length, 250);
  assert.equal(new Set(ids).size, 250);
  assert.equal(pages.length, 3);
  assert.equal(pages[0]?.total, 250);
  const times = simulation.resources().map(({ text: resource }) => (JSON.parse(resource) as { lastUpdatedAt: string }).lastUpdatedAt);
  assert.equal(watermark, times.sort().at(-1));
  const polls = bodies
    .filter((body) => body !== '')
    .map((body) => JSON.parse(body) as { filters: { lastUpdatedAfter: string }; limit: number });
  assert.deepEqual(
    [...new Set(polls.map(({ filters, limit }) => `${filters.lastUpdatedAfter} ${limit}`))],
    ['1970-01-01T00:00:00.000Z 100'],
  );
});

test('orders that change between two pages hide none of the others', async (t) => {
  const { api, simulation, tools } = await scene(t);
  for (let i = 0; i < 320; i++) issue(simulation);
  const all = new Set(simulation.resources().map(({ subject }) => subject.externalId));
  // Every time a page has been read, many of the orders before it move to the end of the list.
  const { ids } = await readAll(api, 'orders', {}, () => {
    tools.advance(1000);
    for (let i = 0; i < 40; i++) simulation.emit('OrderLinesReissuedByBuyer');
  });
  assert.deepEqual(new Set(ids), all);
});

test('the next run starts a little before the watermark, and an empty response keeps it', async (t) => {
  const { api, simulation, bodies, tools } = await scene(t);
  issue(simulation);
  const first = await readAll(api, 'orders', {});
  tools.advance(3_600_000);
  issue(simulation);
  const second = await readAll(api, 'orders', { watermark: first.watermark });
  const asked = JSON.parse(bodies.at(-1) ?? '{}') as { filters: { lastUpdatedAfter: string } };
  const overlapMs = Date.parse(first.watermark ?? '') - Date.parse(asked.filters.lastUpdatedAfter);
  assert.ok(overlapMs > 0 && overlapMs <= 24 * 3_600_000);
  assert.equal(second.ids.length, 2);
  const nothing = await readAll(api, 'shipments', { watermark: '2026-05-05T05:05:05Z' });
  assert.deepEqual([nothing.ids, nothing.watermark], [[], '2026-05-05T05:05:05Z']);
});

test('a run starts at `since` if it is given, and continues from a page token after an interruption', async (t) => {
  const { api, simulation, bodies } = await scene(t);
  for (let i = 0; i < 120; i++) issue(simulation);
  const start = { watermark: null, since: '2026-01-01T00:00:00Z' };
  const first = await api.changesSince('orders', { ...start, page: null });
  const rest = await api.changesSince('orders', { ...start, page: first.next });
  assert.equal(first.records.length + rest.records.length, 120);
  assert.equal(rest.next, null);
  assert.match(bodies.at(-1) ?? '', /"lastUpdatedAfter":"2026-01-01T00:00:00Z"/);
});

test('deliveryMode single uses the single-delivery poll, and a company id restricts the polls', async (t) => {
  const { api, simulation, asked, bodies } = await scene(t, { deliveryMode: 'single', companyId: 'somebody-else' });
  simulation.emit('OrderIssuedByBuyer', 'single');
  simulation.emit('ShipmentIssuedBySupplier');
  assert.deepEqual((await readAll(api, 'orders', {})).ids, []);
  assert.deepEqual((await readAll(api, 'shipments', {})).ids, []);
  assert.ok(asked.includes('POST /order-search/poll/single-delivery'));
  assert.ok(bodies.some((body) => body.includes('"filters":{"companyId":"somebody-else"')));
  assert.ok(bodies.some((body) => body.includes('"filters":{"buyerShipment":{"companyId":"somebody-else"}')));
});

test('polled shipments are read like fetched ones; an account without shipments has none to compare', async (t) => {
  const { api, simulation, fault } = await scene(t);
  simulation.emit('ShipmentIssuedBySupplier');
  const { pages } = await readAll(api, 'shipments', {});
  const record = pages[0]?.records[0];
  assert.ok(record);
  assert.equal(record.text, simulation.resources().find(({ subject }) => subject.kind === 'shipment')?.text);
  Object.assign(fault, { status: 403, path: /shipment/ });
  assert.deepEqual((await readAll(api, 'shipments', {})).ids, []);
  Object.assign(fault, { status: 500 });
  await assert.rejects(readAll(api, 'shipments', {}), (error) => error instanceof RemoteFailure && error.status === 500);
});

interface Announced {
  buyerOrder: { documents: { objectId: string; name: string }[] };
}
const attach = (simulation: Simulation): { objectId: string; name: string } => {
  issue(simulation);
  const [webhook] = simulation.emit('OrderDocumentsAttachedByBuyer');
  const body = JSON.parse(webhook?.body ?? '{}') as { orderDocumentsEvent: Announced };
  const [document] = body.orderDocumentsEvent.buyerOrder.documents;
  assert.ok(document);
  return document;
};

test('a document is downloaded by fresh metadata, without authorisation at the storage', async (t) => {
  const { api, simulation, asked } = await scene(t);
  const { objectId, name } = attach(simulation);
  const opened = await api.openDocument?.({ objectId, url: null });
  assert.ok(opened);
  assert.equal(opened.filename, name);
  assert.equal(opened.contentType, 'text/plain');
  const content = await text(opened.content);
  assert.match(content, new RegExp(name.replace('.txt', '')));
  assert.equal(opened.contentLength, null);
  assert.ok(asked.at(-1)?.startsWith('GET /presigned/'));
});

test('an expired address is a 403 that the caller can retry', async (t) => {
  const { api, simulation, fault } = await scene(t);
  const { objectId } = attach(simulation);
  Object.assign(fault, { status: 403, path: /^\/presigned/ });
  const open = async () => api.openDocument?.({ objectId, url: null });
  await assert.rejects(open(), (error) => error instanceof RemoteFailure && error.status === 403);
});

test('if the storage cannot be reached, the platform itself streams the file', async (t) => {
  const { api, simulation, asked, tools } = await scene(t);
  const { objectId } = attach(simulation);
  tools.baseUrl = 'http://127.0.0.1:1';
  const opened = await api.openDocument?.({ objectId, url: null });
  assert.ok(opened);
  assert.match(await text(opened.content), /simulated Tradecloud/);
  assert.equal(asked.at(-1), `GET /object-storage/document/${objectId}`);
});

test("a partner's address is opened only if it is public", async (t) => {
  const { api, base } = await scene(t);
  const open = async () => api.openDocument?.({ objectId: null, url: `${base}/presigned/x` });
  await assert.rejects(open(), (error) => error instanceof RemoteFailure && error.code === 'address_refused');
});

test('check reports what is wrong with the credentials, and compares the clocks', async (t) => {
  const good = await scene(t);
  assert.deepEqual(
    (await good.api.check()).map(({ what, ok }) => [what, ok]),
    [
      ['credentials', true],
      ['clock', true],
    ],
  );
  const bad = await scene(t, {}, { password: 'wrong' });
  const [finding] = await bad.api.check();
  assert.equal(finding?.ok, false);
  assert.doesNotMatch(finding?.text ?? '', /wrong/);
});

test("a clock that is far off is detected by the platform's API", async (t) => {
  const base = await farSide(t, (_request, response) => {
    response.writeHead(200, { Date: 'Sun, 01 Mar 2026 12:05:00 GMT', 'Set-Authorization': 'a.b.c' }).end();
  });
  const clock = { now: () => new Date('2026-03-01T12:00:00Z') };
  const remote = createRemote({ limits: createLimits(), clock, random: () => 0.5, log: silentLog }).forConnection('acme');
  const api = tradecloud.connect(settings({ api: { baseUrl: base, username: 'u', password: 'p' } }), remote);
  const finding = (await api?.check())?.find(({ what }) => what === 'clock');
  assert.equal(finding?.ok, false);
  assert.match(finding?.text ?? '', /300 s behind/);
});

test('client credentials are used instead of the login if they are configured', async (t) => {
  const seen: string[] = [];
  const base = await farSide(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization?.split(' ')[0]}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(request.url === '/token' ? '{"access_token":"t1","expires_in":600}' : '{"id":"o-1"}');
  });
  const clock = { now: () => new Date('2026-03-01T12:00:00Z') };
  const remote = createRemote({ limits: createLimits(), clock, random: () => 0.5, log: silentLog }).forConnection('acme');
  const oauth2 = { tokenUrl: `${base}/token`, clientId: 'c', clientSecret: 's', scope: 'x' };
  const api = tradecloud.connect(settings({ api: { baseUrl: base, oauth2 } }), remote);
  await api?.fetch({ kind: 'order', externalId: 'o-1' });
  assert.deepEqual(seen, ['POST /token Basic', 'GET /order/o-1 Bearer']);
});

test('no second contains more than ten calls, even if some take longer than others', async (t) => {
  const { api, simulation, tools } = await scene(t);
  const subject = issue(simulation);
  const wentOut: number[] = [];
  for (let count = 0; count < 30; count++) {
    await api.fetch(subject);
    wentOut.push(tools.now().getTime());
  }
  const most = Math.max(...wentOut.map((from) => wentOut.filter((at) => at >= from && at < from + 1100).length));
  assert.equal(most, 9);
});
