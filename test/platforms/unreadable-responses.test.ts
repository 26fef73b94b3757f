import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { EntityKind } from '../../src/domain/entities/entity.ts';
import { RemoteFailure } from '../../src/domain/errors.ts';
import type { ListPosition, PlatformApi } from '../../src/platforms/contract/api.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';

const FIRST: ListPosition = { watermark: null, since: null, page: null };

interface Lister {
  platform: string;
  settings(origin: string): object;
  stream: string;
  kind: EntityKind;
  /** A row with an id. */
  row: object;
  answer(rows: readonly unknown[]): unknown;
  /** Responses that contain no list. */
  without: readonly unknown[];
}

const ERROR = { error: 'API key required' };

const LISTERS: readonly Lister[] = [
  {
    platform: 'tradecloud',
    settings: (baseUrl) => ({ webhook: { auth: [] }, api: { baseUrl, username: 'u', password: 'p' } }),
    stream: 'orders',
    kind: 'order',
    row: { id: 'o-1', lastUpdatedAt: '2026-03-01T11:00:00Z', lines: [] },
    answer: (data) => ({ data }),
    without: [{}, ERROR, { data: null }, 'text'],
  },
  {
    platform: 'ordermentum',
    settings: (baseUrl) => ({ webhook: { auth: [] }, api: { baseUrl, apiKey: 'k', supplierId: 's' } }),
    stream: 'orders',
    kind: 'order',
    row: { id: 'o-1', updatedAt: '2026-03-01T11:00:00Z' },
    answer: (data) => ({ data }),
    without: [{}, ERROR, { data: null }, { data: {} }, 'text', null],
  },
  {
    // A single object is one row: some documented lists are.
    platform: 'ordergroove',
    settings: (baseUrl) => ({ webhook: { verificationKey: 'v' }, api: { baseUrl, apiKey: 'k' } }),
    stream: 'subscriptions',
    kind: 'subscription',
    row: { public_id: 's-1', updated: '2026-03-01 11:00:00' },
    answer: (results) => ({ results, next: null }),
    without: [{ results: null }, { results: {} }],
  },
  {
    platform: 'orisha',
    settings: (origin) => ({
      webhook: { secret: 's' },
      api: {
        baseUrl: origin,
        oauth2: { tokenUrl: `${origin}/oauth/token`, clientId: 'c', clientSecret: 'hush' },
        paths: { item: '/items/{ItemCode}' },
        lists: { item: { path: '/items' } },
      },
    }),
    stream: 'item',
    kind: 'item',
    row: { ItemCode: 'i-1' },
    answer: (rows) => ({ rows }),
    without: [{}, ERROR, { rows: null }, 'text', null],
  },
];

const isUnreadable = (error: unknown): boolean => error instanceof RemoteFailure && error.code === 'remote_unreadable';

async function apiOf(t: TestContext, { platform, settings }: Lister, answer: unknown): Promise<PlatformApi> {
  const origin = await remoteServer(t, (request, response) => {
    // The responses to a login, if there is one.
    response.writeHead(200, { 'content-type': 'application/json', 'set-authorization': 'a.b.c', 'set-refresh-token': 'r' });
    const isToken = request.url === '/oauth/token';
    response.end(JSON.stringify(isToken ? { access_token: 't', token_type: 'Bearer', expires_in: 3600 } : answer));
  });
  const found = PLATFORMS.find(({ name }) => name === platform);
  const api = found?.connect(found.settings.parse(settings(origin)), remoteOnFakeTime().remote);
  assert.ok(api);
  return api;
}

for (const lister of LISTERS) {
  test(`${lister.platform}: rows that name no resource are counted, and the others are returned`, async (t) => {
    const api = await apiOf(t, lister, lister.answer([{ unrelated: 1 }, lister.row, null, 'text']));
    const page = await api.changesSince(lister.stream, FIRST);
    assert.deepEqual([page.records.length, page.unnamed], [1, 3]);
    const rest = page.next === null ? null : await api.changesSince(lister.stream, { ...FIRST, page: page.next });
    assert.equal(rest?.unnamed ?? 0, 0, 'once each');
  });

  test(`${lister.platform}: a response without a list is a failure, not an empty list`, async (t) => {
    for (const answer of lister.without) {
      const api = await apiOf(t, lister, answer);
      await assert.rejects(api.changesSince(lister.stream, FIRST), isUnreadable, JSON.stringify(answer));
    }
  });
}

for (const lister of LISTERS) {
  test(`${lister.platform}: a fetched resource without its id is a failure: it would replace what is stored with nothing`, async (t) => {
    // No member of an Orisha record is published.
    const answers = lister.platform === 'orisha' ? [{}, [], 'text', null] : [{}, [], 'text', null, ERROR];
    for (const answer of answers) {
      const api = await apiOf(t, lister, answer);
      await assert.rejects(api.fetch({ kind: lister.kind, externalId: 'o-1' }), isUnreadable, JSON.stringify(answer));
    }
  });
}

const COMPANY = '7c1d94e0-3a5f-4b6e-9d02-5e8f1a2b3c4d';

/** A kind, the requested id, responses about it, and responses about another resource. */
const IDENTIFIED: readonly [platform: string, kind: EntityKind, id: string, same: readonly object[], other: readonly object[]][] = [
  [
    'tradecloud',
    'order',
    `${COMPANY}-PO1`,
    [{ id: `${COMPANY}-PO1`, lines: [] }, { id: `${COMPANY.toUpperCase()}-PO1`, lines: [] }, { lines: [] }],
    [
      { id: `${COMPANY}-PO2`, lines: [] },
      { orderId: `${COMPANY}-PO2`, lines: [] },
    ],
  ],
  ['tradecloud', 'order', 'legacy-1', [{ id: `${COMPANY}-PO1`, lines: [] }], []],
  ['ordermentum', 'order', 'ab-1', [{ id: 'ab-1' }, { data: { id: 'AB-1' } }], [{ id: 'ab-2' }, { data: { id: 'ab-2' } }]],
  ['ordermentum', 'invoice', '17', [{ id: 17 }], [{ id: 18 }]],
  ['ordergroove', 'subscription', 'ab1', [{ public_id: 'ab1' }], [{ public_id: 'ab2' }]],
  ['ordergroove', 'subscriber', '17', [{ merchant_user_id: 17, public_id: 'p' }], [{ merchant_user_id: 18, public_id: 'p' }]],
  ['orisha', 'item', '0042', [{ itemCode: '0042' }, { ItemCode: 42 }, { Description: 'Bolt' }], [{ itemCode: '0043' }, { ItemCode: 43 }]],
];

for (const [platform, kind, externalId, same, other] of IDENTIFIED) {
  test(`${platform}: a response about another resource than ${kind} ${externalId} is a failure`, async (t) => {
    const lister = LISTERS.find((one) => one.platform === platform);
    assert.ok(lister);
    for (const answer of same) assert.ok(await (await apiOf(t, lister, answer)).fetch({ kind, externalId }));
    for (const answer of other) {
      const api = await apiOf(t, lister, answer);
      await assert.rejects(api.fetch({ kind, externalId }), isUnreadable, JSON.stringify(answer));
    }
  });
}

test('ordergroove: an order whose items cannot be read is a failure, not an order without lines', async (t) => {
  const origin = await remoteServer(t, (request, response) => {
    response.end(JSON.stringify(request.url?.startsWith('/items/') ? ERROR : { public_id: 'o-1', status: 1 }));
  });
  const api = ordergroove.connect(
    ordergroove.settings.parse({ webhook: { verificationKey: 'v' }, api: { baseUrl: origin, apiKey: 'k' } }),
    remoteOnFakeTime().remote,
  );
  await assert.rejects(async () => api?.fetch({ kind: 'order', externalId: 'o-1' }), isUnreadable);
});

test('tradecloud: a full page with a row that names no resource is not the last', async (t) => {
  const [lister] = LISTERS;
  assert.ok(lister);
  const rows = Array.from({ length: 99 }, (_, n) => ({ ...lister.row, id: `o-${n}` }));
  const api = await apiOf(t, lister, lister.answer([...rows, null]));
  assert.notEqual((await api.changesSince(lister.stream, FIRST)).next, null);
});
