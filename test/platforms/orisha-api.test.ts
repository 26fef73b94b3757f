import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import type { FetchedResource, PlatformApi } from '../../src/platforms/contract/api.ts';
import { fillBody, fillPath } from '../../src/platforms/orisha/client/fill.ts';
import { orisha } from '../../src/platforms/orisha/index.ts';
import { remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';

interface Call {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}
interface Reply {
  status?: number;
  body?: unknown;
}

/** A token endpoint that accepts `secret`, an API that answers with `reply`, and the connection's client. */
async function against(t: TestContext, reply: (call: Call) => Reply, more: object = {}, clientSecret: string | string[] = 'hush') {
  const calls: Call[] = [];
  const baseUrl = await remoteServer(t, (request, response, body) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const headers = request.headers as Record<string, string>;
    const call = { method: request.method ?? '', path: url.pathname, query: Object.fromEntries(url.searchParams), headers, body };
    calls.push(call);
    const { status = 200, body: answer } = url.pathname === '/oauth/token' ? grant(call) : reply(call);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
  });
  const oauth2 = { tokenUrl: `${baseUrl}/oauth/token`, clientId: 'dock', clientSecret, audience: 'ocp' };
  const settings = orisha.settings.parse({
    webhook: { secret: 's', administrations: ['1001'] },
    api: { baseUrl: `${baseUrl}/v1`, oauth2, ...more },
  });
  const time = remoteOnFakeTime();
  const api = orisha.connect(settings, time.remote);
  assert.ok(api);
  return { api, calls, time, resources: () => calls.filter((call) => call.path !== '/oauth/token') };
}

function grant({ headers, body }: Call): Reply {
  const basic = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  const accepted = basic === 'dock:hush' || body.includes('client_secret=hush');
  return accepted
    ? { body: { access_token: 'token-1', token_type: 'Bearer', expires_in: 3600 } }
    : { status: 401, body: { error: 'access_denied' } };
}

async function readAll(api: PlatformApi, stream: string) {
  const ids: string[] = [];
  let page: string | null = null;
  let watermark: string | null = null;
  do {
    const read = await api.changesSince(stream, { watermark: null, since: null, page });
    ids.push(...read.records.map(({ subject }) => subject.externalId));
    page = read.next;
    watermark = read.watermark;
  } while (page !== null);
  return { ids, watermark };
}

test('without api settings there is no API client', () => {
  assert.equal(orisha.connect(orisha.settings.parse({ webhook: { secret: 's' } }), remoteOnFakeTime().remote), null);
});

test('a record is fetched by its path template with escaped codes and a token for the audience', async (t) => {
  const paths = {
    item: '/{AdministrationCode}/items/{ItemCode}',
    'contact-person': '/customers/{customercode}/contacts/{ContactPersonCode}',
  };
  const { api, calls, resources } = await against(t, () => ({ body: '{"price":1.10}' }), { paths });
  assert.deepEqual(await api.fetch({ kind: 'item', externalId: 'A/1 b' }), { text: '{"price":1.10}', partial: false });
  await api.fetch({ kind: 'contact-person', externalId: 'NL%2F3/P#1' });
  assert.deepEqual(
    resources().map((call) => `${call.path} ${call.headers.authorization}`),
    ['/v1/1001/items/A%2F1%20b Bearer token-1', '/v1/customers/NL%2F3/contacts/P%231 Bearer token-1'],
  );
  const asked = calls.filter((call) => call.path === '/oauth/token');
  assert.equal(asked.length, 1);
  assert.match(asked[0]?.body ?? '', /grant_type=client_credentials/);
  assert.match(asked[0]?.body ?? '', /audience=ocp/);
});

test('the next client secret is tried when the first is refused', async (t) => {
  const { api } = await against(t, () => ({ body: { ItemCode: 'A1' } }), { paths: { item: '/items/{ItemCode}' } }, ['spent', 'hush']);
  assert.equal((await api.fetch({ kind: 'item', externalId: 'A1' })).text, '{"ItemCode":"A1"}');
  const none = await against(t, () => ({ body: {} }), { paths: { item: '/items/{ItemCode}' } }, ['spent', 'spent-too']);
  await assert.rejects(none.api.fetch({ kind: 'item', externalId: 'A1' }), (error) => {
    assert.ok(error instanceof RemoteFailure);
    assert.doesNotMatch(error.message, /spent/);
    return true;
  });
});

test('an unknown record is missing, a kind without a path and a response that is not JSON are failures', async (t) => {
  const { api } = await against(t, ({ path }) => (path.endsWith('page') ? { body: '<html>' } : { status: 404 }), {
    paths: { item: '/items/{ItemCode}' },
  });
  await assert.rejects(api.fetch({ kind: 'item', externalId: 'gone' }), RemoteMissing);
  await assert.rejects(api.fetch({ kind: 'item', externalId: 'page' }), { code: 'remote_unreadable' });
  await assert.rejects(api.fetch({ kind: 'customer', externalId: 'D1' }), { code: 'no_path' });
});

const items = Array.from({ length: 5 }, (_, n) => ({ ItemCode: `A${n}`, Name: `Item ${n}` }));
const pageOf = ({ query }: Call, size = Number(query.pageSize)) => items.slice((Number(query.page) - 1) * size, Number(query.page) * size);

test('only configured lists are streams, read completely, with a fixed watermark', async (t) => {
  const lists = { item: { path: '/items', pageSize: 2 } };
  const { api, resources } = await against(t, (call) => ({ body: { total: 5, rows: pageOf(call) } }), { lists });
  assert.deepEqual(api.streams, [{ name: 'item', kinds: ['item'], incremental: false }]);
  assert.deepEqual(await readAll(api, 'item'), { ids: ['A0', 'A1', 'A2', 'A3', 'A4'], watermark: 'whole-list' });
  assert.deepEqual(
    resources().map(({ query }) => `${query.page}/${query.pageSize}`),
    ['1/2', '2/2', '3/2', '4/2'],
  );
});

test('pages that are shorter than requested lose no row', async (t) => {
  const lists = { item: { path: '/items', pageSize: 100 } };
  const { api } = await against(t, (call) => ({ body: pageOf(call, 2) }), { lists });
  assert.equal((await readAll(api, 'item')).ids.length, 5);
});

test('an API that ignores our page parameter, or answers 404 after the last page, ends the list', async (t) => {
  const lists = { item: { path: '/items' } };
  const same = await against(t, () => ({ body: items }), { lists });
  assert.equal((await readAll(same.api, 'item')).ids.length, 5);
  const missing = await against(t, (call) => (call.query.page === '1' ? { body: items } : { status: 404 }), { lists });
  assert.equal((await readAll(missing.api, 'item')).ids.length, 5);
  const nowhere = await against(t, () => ({ status: 404 }), { lists });
  await assert.rejects(readAll(nowhere.api, 'item'), RemoteMissing);
});

test('parameter names, pointers and the first page are settings', async (t) => {
  const address = {
    path: '/all-addresses',
    pageParameter: 'p',
    sizeParameter: false,
    firstPage: 0,
    items: '/data/items',
    code: '/address/no',
    customerCode: '/customer/no',
  };
  const row = { address: { no: 'A-1' }, customer: { no: 'D-9' } };
  const reply = ({ query }: Call) => ({ body: { data: { items: query.p === '0' ? [row, { address: {} }] : [] }, other: [1] } });
  const { api, resources } = await against(t, reply, { lists: { address } });
  assert.deepEqual((await readAll(api, 'address')).ids, ['D-9/A-1']);
  assert.deepEqual(resources()[0]?.query, { p: '0' });
  const whole = await against(t, () => ({ body: items }), {
    lists: { item: { path: '/items', pageParameter: false, sizeParameter: false } },
  });
  assert.equal((await readAll(whole.api, 'item')).ids.length, 5);
  assert.deepEqual(
    whole.resources().map(({ query }) => query),
    [{}],
  );
});

test('summary rows are replaced by their details, and a row that no longer exists is left out', async (t) => {
  const reply = (call: Call): Reply => {
    if (call.path === '/v1/items') return { body: call.query.page === '1' ? [{ code: 'A0' }, { code: 'A1' }] : [] };
    return call.path.endsWith('A0') ? { body: { ItemCode: 'A0', Weight: 2.5 } } : { status: 404 };
  };
  const { api } = await against(t, reply, { paths: { item: '/items/{ItemCode}' }, lists: { item: { path: '/items', rows: 'summary' } } });
  const page = await api.changesSince('item', { watermark: null, since: null, page: null });
  assert.deepEqual(page.records, [{ subject: { kind: 'item', externalId: 'A0' }, text: '{"ItemCode":"A0","Weight":2.5}' }]);
});

test('a summary row whose code cannot be part of a path does not keep the other rows from being read', async (t) => {
  const reply = (call: Call): Reply =>
    call.path === '/v1/items' ? { body: call.query.page === '1' ? [{ code: '..' }, { code: 'A0' }] : [] } : { body: { ItemCode: 'A0' } };
  const { api } = await against(t, reply, { paths: { item: '/items/{ItemCode}' }, lists: { item: { path: '/items', rows: 'summary' } } });
  const page = await api.changesSince('item', { watermark: null, since: null, page: null });
  assert.deepEqual(
    page.records.map(({ subject, partial }) => [subject.externalId, partial]),
    [
      ['..', true],
      ['A0', undefined],
    ],
  );
});

test('check tests the token first and then a list', async (t) => {
  const findings = async (reply: () => Reply, secret = 'hush') => {
    const { api } = await against(t, reply, { lists: { item: { path: '/items' } } }, secret);
    return (await api.check()).map(({ what, ok }) => `${what} ${ok}`);
  };
  assert.deepEqual(await findings(() => ({ body: items })), ['token true', 'api true']);
  assert.deepEqual(await findings(() => ({ status: 404 })), ['token true', 'api false']);
  assert.deepEqual(await findings(() => ({ body: items }), 'wrong'), ['token false']);
});

test('the simulated API issues a token to the client, then returns lists and records; a deleted one is missing', async (t) => {
  let simulation: ReturnType<typeof orisha.simulate> | null = null;
  const baseUrl = await remoteServer(t, (request, response, body) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const answer = simulation?.answer({
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers as Record<string, string>,
      body,
    });
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  });
  let made = 0;
  const settings = orisha.settings.parse(orisha.sandboxConnection(baseUrl, () => `secret-${++made}`));
  const { remote } = remoteOnFakeTime();
  simulation = orisha.simulate(settings, { now: () => remote.now(), random: () => 0.2, makeId: () => `id-${++made}`, baseUrl });
  const api = orisha.connect(settings, remote);
  assert.ok(api);
  for (const { type } of orisha.events.filter(({ effect }) => effect === 'fetch')) {
    const [webhook] = simulation.emit(type);
    assert.ok(webhook?.subject);
    const fetched: FetchedResource = await api.fetch(webhook.subject);
    assert.equal(orisha.readFetched(webhook.subject, fetched.text, settings).reports[0]?.deleted, false);
  }
  for (const { name } of api.streams) assert.ok((await readAll(api, name)).ids.length > 0, name);
  const [gone] = simulation.emit('item.deleted');
  assert.ok(gone?.subject);
  await assert.rejects(api.fetch(gone.subject), RemoteMissing);
  assert.equal(simulation.answer({ method: 'GET', path: '/items', query: {}, headers: {}, body: '' }).status, 401);
});

test('the paths and bodies of the management endpoint are filled in, as JSON or as text', () => {
  const values = { url: 'https://dock.example/webhooks/o', events: ['item.created', 'item.deleted'], administration: '10 01', id: 'w/1' };
  assert.equal(
    fillPath('/a/{administration}/w/{id}?url={url}', values),
    '/a/10%2001/w/w%2F1?url=https%3A%2F%2Fdock.example%2Fwebhooks%2Fo',
  );
  for (const [body, expected] of [
    [
      { url: '{url}', types: '{events}' },
      { url: values.url, types: values.events },
    ],
    [
      { types: ['{events}', 'x'], all: '{events}!' },
      { types: [...values.events, 'x'], all: 'item.created,item.deleted!' },
    ],
    ['{"url":"{url}","types":{events}}', { url: values.url, types: values.events }],
    ['{"types":"{events}","of":"{administration}"}', { types: values.events, of: '10 01' }],
    ['url={url}', `url=${values.url}`],
  ])
    assert.deepEqual(fillBody(body, values), expected);
});
