import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { subjectText } from '../../src/domain/entities/entity.ts';
import { RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import type { PlatformApi } from '../../src/platforms/contract/api.ts';
import type { CommonSettings } from '../../src/platforms/contract/platform.ts';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';
import { readListPage } from '../../src/platforms/ordermentum/lists.ts';
import type { ClientOptions } from '../../src/remote/remote.ts';
import { farSide, remoteOnFakeTime } from '../remote/far-side.ts';
import { verb, wanted } from './management-support.ts';

interface Call {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}
type Row = Record<string, unknown>;
interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A server that answers with `reply`, and the connection's API against it, on a clock that only sleep moves. */
async function against(t: TestContext, reply: (call: Call) => Reply, apiKey: string | string[] = 'key-1', webhook: unknown = {}) {
  const calls: Call[] = [];
  const baseUrl = await farSide(t, (request, response, body) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const call = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers as Record<string, string>,
      body,
    };
    calls.push(call);
    const { status = 200, headers, body: answer } = reply(call);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof answer === 'string' ? answer : answer === undefined ? '' : JSON.stringify(answer));
  });
  const settings = ordermentum.settings.parse({ webhook, api: { baseUrl, apiKey, supplierId: 'supplier-1' } });
  const time = remoteOnFakeTime();
  const api = ordermentum.connect(settings, time.remote);
  assert.ok(api);
  return { api, calls, time, settings, baseUrl };
}

const order = (id: string) => ({ kind: 'order', externalId: id }) as const;
const failure = (expected: Partial<RemoteFailure>) => (error: unknown) => {
  assert.ok(error instanceof RemoteFailure);
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name as keyof RemoteFailure], value, name);
  return true;
};

test('without api settings there is no API client', () => {
  assert.equal(ordermentum.connect(ordermentum.settings.parse({ webhook: {} }), remoteOnFakeTime().remote), null);
});

test('each kind is fetched from its own detail, with the key and as it was returned', async (t) => {
  const { api, calls } = await against(t, ({ path }) => ({ body: `{"id":"x","path":"${path}","total":1.10}` }));
  for (const kind of ['order', 'invoice', 'credit-note', 'purchaser'] as const) {
    const { text, partial } = await api.fetch({ kind, externalId: 'a/b' });
    assert.equal(partial, false);
    assert.match(text, /"total":1\.10/);
  }
  assert.deepEqual(
    calls.map((call) => `${call.path} ${call.headers['x-api-key']}`),
    ['/v1/orders/a%2Fb key-1', '/v1/invoices/a%2Fb key-1', '/v1/credit-notes/a%2Fb key-1', '/v1/purchasers/a%2Fb key-1'],
  );
});

test('after a refused key the next one is used, and stays in use', async (t) => {
  const { api, calls } = await against(t, ({ headers }) => (headers['x-api-key'] === 'new' ? { body: { id: 'o' } } : { status: 401 }), [
    'old',
    'new',
  ]);
  await api.fetch(order('o'));
  await api.fetch(order('o'));
  assert.deepEqual(
    calls.map((call) => call.headers['x-api-key']),
    ['old', 'new', 'new'],
  );
});

test('concurrent calls that are refused switch the key only once', async (t) => {
  const { api } = await against(t, ({ headers }) => (headers['x-api-key'] === 'new' ? { body: { id: 'o' } } : { status: 401 }), [
    'old',
    'new',
  ]);
  const fetched = await Promise.all([api.fetch(order('a')), api.fetch(order('b')), api.fetch(order('c'))]);
  assert.equal(fetched.length, 3);
});

test('a redirect is not followed with the key', async (t) => {
  const { api, calls } = await against(t, () => ({ status: 302, headers: { location: '/elsewhere' } }));
  await assert.rejects(api.fetch(order('o')), failure({ status: 302 }));
  assert.equal(calls.length, 1);
});

test('an unknown order is missing, a 429 keeps its Retry-After, and a response that is not JSON is a failure', async (t) => {
  const { api } = await against(t, ({ path }) => {
    if (path.endsWith('gone')) return { status: 404 };
    return path.endsWith('many') ? { status: 429, headers: { 'retry-after': '60' } } : { body: '<html>' };
  });
  await assert.rejects(api.fetch(order('gone')), RemoteMissing);
  await assert.rejects(api.fetch(order('page')), failure({ code: 'remote_unreadable' }));
  await assert.rejects(api.fetch(order('many')), failure({ status: 429, retryAfterMs: 60_000 }));
});

test('the 25th order within a minute waits, invoices and the list continue, and the list serves the rest', async (t) => {
  const rows = Array.from({ length: 60 }, (_, n) => ({ id: `o-${n}`, status: 'Placed', updatedAt: '2026-03-01T12:00:00Z', total: n }));
  const { api, calls } = await against(t, ({ path, query }) => (path === '/v2/orders' ? listOf(rows, query) : { body: { id: 'x' } }));
  for (let n = 0; n < 24; n++) await api.fetch(order(`o-${n}`));
  await assert.rejects(api.fetch(order('o-24')), failure({ code: 'rate_limited_here' }));
  await api.fetch({ kind: 'invoice', externalId: 'i-1' });
  const waiting = Array.from({ length: 36 }, (_, n) => order(`o-${n + 24}`));
  const summaries = await api.fetchSummaries?.([...waiting, { kind: 'invoice', externalId: 'i-1' }]);
  assert.deepEqual([...(summaries?.keys() ?? [])].sort(), waiting.map(subjectText).sort());
  assert.equal(calls.filter((call) => call.path === '/v2/orders').length, 2);
  assert.equal(calls.filter((call) => call.path.startsWith('/v1/orders/')).length, 24);
});

test('a search for summaries without a match among the latest orders searches all orders once, and not again for ten minutes', async (t) => {
  const { api, calls, time } = await against(t, ({ query }) => ({
    body: { data: 'updatedAt[gte]' in query ? [] : [{ id: 'other', updatedAt: '2019-01-01T00:00:00Z' }] },
  }));
  const wide = () => calls.filter((call) => !('updatedAt[gte]' in call.query)).length;
  await api.fetchSummaries?.([order('o-1')]);
  await api.fetchSummaries?.([order('o-1')]);
  assert.equal(wide(), 1);
  time.advance(11 * 60_000);
  await api.fetchSummaries?.([order('o-1')]);
  assert.equal(wide(), 2);
});

/** The list as Ordermentum answers it: filtered by updatedAt, oldest first, with the short `meta` of the documented example. */
function listOf(rows: readonly Row[], query: Record<string, string>): Reply {
  const from = query['updatedAt[gte]'] ?? '';
  const size = Number(query.pageSize);
  const matching = rows.filter((row) => String(row.updatedAt) >= from).sort((a, b) => (String(a.updatedAt) < String(b.updatedAt) ? -1 : 1));
  const first = (Number(query.pageNo) - 1) * size;
  return {
    body: {
      data: matching.slice(first, first + size),
      meta: { totalResults: matching.length, pageSize: size, pageNo: Number(query.pageNo) },
    },
  };
}

/** Reads a stream to its end, as a reconcile run does. */
async function readAll(api: PlatformApi, stream: string, watermark: string | null, since: string | null = null) {
  const records: { id: string; partial: boolean; text: string }[] = [];
  let page: string | null = null;
  let reached: string | null = null;
  do {
    const read = await api.changesSince(stream, { watermark, since, page });
    for (const { subject, text, partial } of read.records) records.push({ id: subject.externalId, text, partial: partial === true });
    page = read.next;
    reached = read.watermark;
  } while (page !== null);
  return { records, watermark: reached };
}

const at = (n: number) => new Date(Date.parse('2026-02-01T00:00:00Z') + n * 60_000).toISOString();

test('a list is paged to its end, each row once, and the watermark is the newest time in the platform’s own format', async (t) => {
  const rows = Array.from({ length: 130 }, (_, n) => ({ id: `o-${n}`, status: 'Paid', updatedAt: at(n).replace('.000Z', 'Z') }));
  const { api, calls } = await against(t, ({ query }) => listOf(rows, query));
  const { records, watermark } = await readAll(api, 'orders', null);
  assert.equal(records.length, 130);
  assert.equal(new Set(records.map(({ id }) => id)).size, 130);
  assert.ok(records.every(({ partial }) => partial));
  assert.equal(watermark, at(129).replace('.000Z', 'Z'));
  assert.ok(calls.every(({ query }) => query.supplierId === 'supplier-1' && !('retailerId' in query) && !('updatedAt[gte]' in query)));
});

test('a run starts two minutes before the watermark, the first one at the connection’s own since', async (t) => {
  const { api, calls } = await against(t, ({ query }) => listOf([], query));
  assert.equal((await readAll(api, 'invoices', '2026-02-01T10:00:00Z', '2026-01-01')).watermark, null);
  await readAll(api, 'purchasers', null, '2026-01-01T00:00:00Z');
  assert.deepEqual(
    calls.map(({ path, query }) => `${path} ${query['updatedAt[gte]']}`),
    ['/v2/invoices 2026-02-01T09:58:00.000Z', '/v1/purchasers 2026-01-01T00:00:00.000Z'],
  );
});

test('a row that moves across a page boundary during reading is still found', async (t) => {
  const rows: Row[] = Array.from({ length: 60 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  let moved = false;
  const { api } = await against(t, ({ query }) => {
    const answer = listOf(rows, query);
    // Once page 1 has been read its first row is updated: it goes to the end, and the first row of page 2 moves onto page 1.
    if (!moved && query.pageNo === '1') rows.splice(0, 1, { id: 'o-0', updatedAt: at(500) });
    moved = true;
    return answer;
  });
  const { records, watermark } = await readAll(api, 'orders', at(-10));
  assert.deepEqual([...new Set(records.map(({ id }) => id))].sort(), rows.map(({ id }) => id).sort());
  assert.equal(records.length, 61);
  assert.equal(watermark, at(500));
});

test('a list that keeps changing ends, and the next run starts a day earlier', async (t) => {
  const rows: Row[] = Array.from({ length: 60 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  let tick = 5000;
  const { api, calls } = await against(t, ({ query }) => {
    const answer = listOf(rows, query);
    rows.splice(0, 1, { ...rows[0], updatedAt: at(++tick) });
    return answer;
  });
  const { watermark } = await readAll(api, 'orders', at(-10));
  assert.ok(calls.length <= 5 * 3);
  assert.equal(Date.parse(at(tick)) - Date.parse(watermark ?? '') >= 24 * 60 * 60_000, true);
});

test('an interrupted run continues from its page in another process', async (t) => {
  const rows = Array.from({ length: 70 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  const { api, settings } = await against(t, ({ query }) => listOf(rows, query));
  const first = await api.changesSince('orders', { watermark: null, since: null, page: null });
  const other = ordermentum.connect(settings, remoteOnFakeTime().remote);
  const seen = new Set(first.records.map(({ subject }) => subject.externalId));
  let { next, watermark } = first;
  while (next !== null) {
    const page = await other?.changesSince('orders', { watermark: null, since: null, page: next });
    for (const { subject } of page?.records ?? []) seen.add(subject.externalId);
    next = page?.next ?? null;
    watermark = page?.watermark ?? null;
  }
  assert.equal(seen.size, 70);
  assert.equal(watermark, at(69));
});

test('a page whose reading was aborted returns its rows again', async (t) => {
  const rows = Array.from({ length: 70 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  const { api } = await against(t, ({ query }) => listOf(rows, query));
  const first = await api.changesSince('orders', { watermark: null, since: null, page: null });
  const second = { watermark: null, since: null, page: first.next };
  assert.equal((await api.changesSince('orders', second)).records.length, 20);
  assert.equal((await api.changesSince('orders', second)).records.length, 20);
});

test('complete rows are not marked partial, and digits survive the list', async (t) => {
  const { api } = await against(t, () => ({
    body: '{"data":[{"id":"c-1","supplierId":"s","total":10.50,"updatedAt":"2026-02-01T00:00:00Z"}]}',
  }));
  const { records } = await readAll(api, 'credit-notes', null);
  assert.deepEqual(records, [
    { id: 'c-1', partial: false, text: '{"id":"c-1","supplierId":"s","total":10.50,"updatedAt":"2026-02-01T00:00:00Z"}' },
  ]);
});

test('a short page ends a list, unless the response announces more; a total alone ends nothing', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
  const more = (document: object, pageNo = 1) => readListPage(document as never, pageNo).more;
  assert.equal(more({ data: rows(50), meta: { totalPages: 1, totalResults: 50 } }), true);
  assert.equal(more({ data: rows(25), meta: { totalPages: 2 } }), true);
  assert.equal(more({ data: rows(25), links: { next: 'https://x/?pageNo=2' } }), true);
  assert.equal(more({ data: rows(50), links: { next: null } }), true);
  assert.equal(more({ data: rows(50) }), true);
  assert.equal(more({ data: rows(49) }), false);
  assert.equal(more({ data: rows(25), meta: { pageSize: 25, totalResults: 30 } }), true);
  assert.equal(more({ data: rows(5), meta: { pageSize: 25, totalResults: 30 } }, 2), false);
  assert.equal(more({ data: [], meta: { totalPages: 9 } }), false);
  assert.equal(more(rows(3)), false);
});

test('webhooks are registered for the supplier with the connection’s own credentials, which are not returned', async (t) => {
  const auth = [
    { basic: { username: 'om', password: ['new-pass', 'old-pass'] } },
    { header: { name: 'X-Connector-Token', value: 'tok' } },
    { bearer: { token: 'b' } },
  ];
  const echo = ({ body }: Call): Reply => ({ status: 201, body: { id: 'w-1', ...JSON.parse(body) } });
  const { api, calls } = await against(t, echo, 'key-1', { auth });
  const here = 'https://dock.example.com/webhooks/fresh';
  const registered = await verb(api, 'register')(wanted(here, { events: ['order_created'] }));
  const shown = { id: 'w-1', name: 'Orderdock fresh', url: here, events: ['order_created'], enabled: true, statistics: null };
  assert.deepEqual(registered, [shown]);
  assert.deepEqual(JSON.parse(calls[0]?.body ?? ''), {
    url: 'https://dock.example.com/webhooks/fresh',
    events: ['order_created'],
    name: 'Orderdock fresh',
    entityId: 'supplier-1',
    entityType: 'supplier',
    authentication: { basicAuth: { username: 'om', password: 'new-pass' } },
    headers: { 'X-Connector-Token': 'tok' },
  });
});

test('a bearer token is registered as a header, and without static credentials nothing is registered', async (t) => {
  const reply = ({ body }: Call): Reply => ({ body: { data: { id: 'w-2', ...JSON.parse(body) } } });
  const bearer = await against(t, reply, 'key-1', { auth: [{ bearer: { token: 'tok' } }] });
  assert.equal((await verb(bearer.api, 'register')(wanted('https://d.example.com/webhooks/x')))[0]?.events.length, 10);
  assert.deepEqual(JSON.parse(bearer.calls[0]?.body ?? '').headers, { Authorization: 'Bearer tok' });
  const none = await against(t, reply);
  await assert.rejects(verb(none.api, 'register')(wanted('https://d.example.com/webhooks/x')), {
    code: 'no_static_credentials',
  });
  assert.equal(none.calls.length, 0);
});

test('registered webhooks are listed over all pages, changed and deleted by id', async (t) => {
  const { api, calls } = await against(
    t,
    ({ method, query }) => {
      if (method !== 'GET') return { status: method === 'DELETE' ? 204 : 200, ...(method === 'PUT' ? { body: {} } : {}) };
      return {
        body: {
          meta: { totalPages: 2 },
          data: [{ id: `w-${query.pageNo}`, events: ['order_created'], deletedAt: query.pageNo === '2' ? at(1) : null }],
        },
      };
    },
    'key-1',
    { auth: [{ basic: { username: 'u', password: 'p' } }] },
  );
  assert.deepEqual(await verb(api, 'list')(), [
    { id: 'w-1', name: null, url: null, events: ['order_created'], enabled: true, statistics: null },
    { id: 'w-2', name: null, url: null, events: ['order_created'], enabled: false, statistics: null },
  ]);
  assert.equal((await verb(api, 'update')('w-1', wanted('https://d.example.com/webhooks/x'))).id, 'w-1');
  await verb(api, 'delete')('w-1');
  assert.deepEqual(
    calls.slice(2).map(({ method, path }) => `${method} ${path}`),
    ['PUT /v1/webhooks/w-1', 'DELETE /v1/webhooks/w-1'],
  );
});

test('the API is called with the key, the token, or both, and the management host that responds is preferred from then on', async (t) => {
  const seen: (string | undefined)[][] = [];
  const note = (host: string, { headers }: Call) => seen.push([host, headers['x-api-key'], headers.authorization]);
  const app = await against(t, (call) => {
    note('app', call);
    return { body: { data: [] } };
  });
  const base = await against(t, (call) => {
    note('base', call);
    return call.path === '/v1/webhooks' ? { status: 404 } : { body: { id: 'o-1' } };
  });
  const connect = (api: object) => {
    const settings = ordermentum.settings.parse({ webhook: {}, api: { supplierId: 's', ...api } });
    return ordermentum.connect(settings, remoteOnFakeTime().remote);
  };
  for (const credentials of [{ apiKey: 'k' }, { token: 't' }, { apiKey: 'k', token: 't' }]) {
    const { baseUrl } = base;
    await connect({ baseUrl, ...credentials })?.fetch({ kind: 'order', externalId: 'o-1' });
  }
  assert.deepEqual(seen.splice(0), [
    ['base', 'k', undefined],
    ['base', undefined, 'Bearer t'],
    ['base', 'k', 'Bearer t'],
  ]);
  // The management host is asked first; its 404 leads to the API's own base, and back.
  const api = connect({ baseUrl: app.baseUrl, managementBaseUrl: base.baseUrl, token: 't' });
  for (let count = 0; count < 2; count++) await verb(api, 'list')();
  assert.deepEqual(
    seen.map(([host]) => host),
    ['base', 'app', 'app'],
  );
  await assert.rejects(verb(connect({ baseUrl: base.baseUrl, token: 't' }), 'list')(), { status: 404, message: /answered 404/ });
  assert.throws(() => connect({ baseUrl: base.baseUrl }), /apiKey, token/);
});

test('the API host is tried before the host of the registration page, and a test system has no second one', () => {
  const called = (baseUrl?: string) => {
    const urls: string[] = [];
    const { remote } = remoteOnFakeTime();
    const spying = {
      ...remote,
      client: (options: ClientOptions) => remote.client({ ...options, baseUrl: urls[urls.push(options.baseUrl) - 1] ?? '' }),
    };
    ordermentum.connect(
      ordermentum.settings.parse({ webhook: {}, api: { ...(baseUrl ? { baseUrl } : {}), apiKey: 'k', supplierId: 's' } }),
      spying,
    );
    return [...new Set(urls)];
  };
  assert.deepEqual(called(), ['https://api.ordermentum.com', 'https://app.ordermentum.com']);
  assert.deepEqual(called('https://app.ordermentum.com'), ['https://app.ordermentum.com', 'https://api.ordermentum.com']);
  assert.deepEqual(called('https://app-testing.ordermentum.com'), ['https://app-testing.ordermentum.com']);
});

test('name, entity type and events are as requested, unknown ones are rejected, and an incomplete registration is removed', async (t) => {
  const auth = [{ basic: { username: 'u', password: 'p' } }];
  let made = 0;
  const { api, calls } = await against(
    t,
    ({ method, body }) => {
      if (method === 'DELETE') return { status: 204 };
      if (JSON.parse(body).entityType === 'venue') return { status: 422, body: { message: 'no venue' } };
      return { status: 201, body: { id: `w-${++made}`, ...JSON.parse(body) } };
    },
    'key-1',
    { auth },
  );
  const register = verb(api, 'register');
  const here = 'https://d.example.com/webhooks/x';
  assert.equal((await register(wanted(here, { name: 'Ours', entityTypes: ['supplier', 'retailer'] }))).length, 2);
  assert.deepEqual(
    calls.map(({ body }) => [JSON.parse(body).name, JSON.parse(body).entityType]),
    [
      ['Ours', 'supplier'],
      ['Ours', 'retailer'],
    ],
  );
  await assert.rejects(register(wanted(here, { events: ['order_created', 'order_shipped'] })), { code: 'unknown_event_type' });
  await assert.rejects(register(wanted(here, { entityTypes: ['shop'] })), { code: 'unknown_entity_type' });
  assert.equal(calls.length, 2);
  await assert.rejects(register(wanted(here, { entityTypes: ['supplier', 'venue'] })), { status: 422 });
  assert.equal(`${calls.at(-1)?.method} ${calls.at(-1)?.path}`, 'DELETE /v1/webhooks/w-3');
});

test('check distinguishes a valid key from a refused one, and detects a wrong clock', async (t) => {
  const good = await against(t, () => ({ headers: { date: 'Sun, 01 Mar 2026 12:30:00 GMT' }, body: { data: [] } }));
  assert.deepEqual(
    (await good.api.check()).map(({ what, ok }) => [what, ok]),
    [
      ['api', true],
      ['clock', false],
    ],
  );
  const bad = await against(t, () => ({ status: 401, body: { error: 'API key required' } }), 'wrong-key');
  const findings = await bad.api.check();
  assert.deepEqual(
    findings.map(({ what, ok }) => [what, ok]),
    [['api', false]],
  );
  assert.doesNotMatch(JSON.stringify(findings), /wrong-key/);
});

test('the simulated API requires the key, enforces its limits and returns what the simulated webhooks name', async (t) => {
  let simulation: Simulation | null = null;
  const { api, time, settings } = await against(t, (call) => simulation?.answer(call) ?? { status: 500 });
  let ids = 0;
  simulation = simulated(
    settings,
    () => `id-${++ids}`,
    () => time.remote.now(),
  );
  const sent = Array.from({ length: 30 }, () => simulation?.emit('order_created')[0]?.subject);
  for (const subject of sent.slice(0, 24)) assert.ok(subject && (await api.fetch(subject)).text.includes(subject.externalId));
  const rows = await readAll(api, 'orders', null);
  assert.equal(rows.records.length, 30);
  const refused = simulation.answer({ method: 'GET', path: '/v2/orders', query: {}, headers: { 'x-api-key': 'no' }, body: '' });
  assert.equal(refused.status, 401);
  const direct = simulation.answer({
    method: 'GET',
    path: `/v1/orders/${sent[0]?.externalId}`,
    query: {},
    headers: { 'x-api-key': 'key-1' },
    body: '',
  });
  assert.deepEqual([direct.status, direct.headers?.['retry-after']], [429, '60']);
});

const simulated = (settings: CommonSettings, makeId: () => string, now: () => Date): Simulation =>
  ordermentum.simulate(settings, { now, random: () => 0.3, makeId, baseUrl: 'http://127.0.0.1:1' });

test('a list that an account does not have is empty, and does not move the watermark; without the list of orders nothing is compared', async (t) => {
  const { api } = await against(t, ({ path }) => ({ status: path === '/v1/credit-notes' ? 400 : 404 }));
  for (const stream of ['invoices', 'purchasers', 'credit-notes']) {
    const page = await api.changesSince(stream, { watermark: null, since: null, page: null });
    assert.deepEqual([page.records, page.next, page.watermark], [[], null, null], stream);
  }
  await assert.rejects(api.changesSince('orders', { watermark: null, since: null, page: null }), failure({ status: 404 }));
});
