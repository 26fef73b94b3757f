import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import type { PlatformApi } from '../../src/platforms/contract/api.ts';
import { followableLink } from '../../src/platforms/ordergroove/client/followable-link.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';

/** The remote clock is that of `remoteOnFakeTime`. */
const NOW = '2026-03-01T12:00:00.000Z';
const EARLIER = '2026-03-01T11:00:00Z';
const FUTURE = ['2026-03-04T00:00:00Z', '2099-01-01T00:00:00Z'];

interface Lister {
  platform: string;
  settings(origin: string): object;
  stream: string;
  answer(times: readonly string[]): unknown;
}

const LISTERS: readonly Lister[] = [
  {
    platform: 'tradecloud',
    settings: (baseUrl) => ({ webhook: { auth: [] }, api: { baseUrl, username: 'u', password: 'p' } }),
    stream: 'orders',
    answer: (times) => ({ data: times.map((lastUpdatedAt, n) => ({ id: `o-${n}`, lastUpdatedAt, lines: [] })), total: times.length }),
  },
  {
    platform: 'ordermentum',
    settings: (baseUrl) => ({ webhook: { auth: [] }, api: { baseUrl, apiKey: 'k', supplierId: '6f0d6f5e-5f7c-4b0e-8a57-0f2f9d3a1b22' } }),
    stream: 'orders',
    answer: (times) => ({ data: times.map((updatedAt, n) => ({ id: `o-${n}`, updatedAt })) }),
  },
  {
    platform: 'ordergroove',
    settings: (baseUrl) => ({ webhook: { verificationKey: 'v' }, api: { baseUrl, apiKey: 'k' } }),
    stream: 'subscriptions',
    answer: (times) => ({ results: times.map((updated, n) => ({ public_id: `s-${n}`, updated })), next: null }),
  },
];

async function apiOf(
  t: TestContext,
  { platform, settings, answer }: Lister,
  date: string | null,
  times: readonly string[],
): Promise<PlatformApi> {
  const origin = await remoteServer(t, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    if (date !== null) response.setHeader('date', new Date(date).toUTCString());
    // The response to a login, if there is one.
    response.setHeader('set-authorization', 'a.b.c');
    response.setHeader('set-refresh-token', 'r');
    response.end(JSON.stringify(answer(times)));
  });
  const found = PLATFORMS.find(({ name }) => name === platform);
  const api = found?.connect(found.settings.parse(settings(origin)), remoteOnFakeTime().remote);
  assert.ok(api);
  return api;
}

const START = { watermark: null, since: null, page: null };

for (const lister of LISTERS) {
  test(`${lister.platform}: no row dated after its response moves the watermark, and the response's date is reported`, async (t) => {
    const rows = [EARLIER, ...FUTURE];
    const dated = await (await apiOf(t, lister, NOW, [...rows, '2026-03-01T12:30:00Z'])).changesSince(lister.stream, START);
    assert.equal(new Date(dated.watermark ?? '').toISOString(), new Date(EARLIER).toISOString());
    assert.deepEqual([dated.answeredAt, dated.records.length], [NOW, 4]);
    const undated = await (await apiOf(t, lister, null, [...rows, '2026-03-02T11:30:00Z'])).changesSince(lister.stream, START);
    assert.equal(new Date(undated.watermark ?? '').toISOString(), '2026-03-02T11:30:00.000Z', 'without a date our clock and a day count');
    assert.equal(undated.answeredAt, null);
    const absurd = await (await apiOf(t, lister, '2099-06-01T00:00:00Z', rows)).changesSince(lister.stream, START);
    assert.equal(new Date(absurd.watermark ?? '').toISOString(), new Date(EARLIER).toISOString(), 'a date in the future is none');
  });
}

test('a link to the next page is followed only below the base address; http behind TLS is corrected', () => {
  const base = 'https://api.example.net/v2';
  assert.equal(followableLink(base, 'http://api.example.net/v2/orders/?cursor=a'), 'https://api.example.net/v2/orders/?cursor=a');
  assert.equal(followableLink('https://api.example.net:8443', 'http://api.example.net/x?c=1'), 'https://api.example.net:8443/x?c=1');
  for (const link of [
    'https://evil.example/v2/orders/',
    'https://api.example.net/v1/orders/',
    'https://api.example.net/v2evil/',
    'https://api.example.net/v2/../admin',
    'https://api.example.net/v2/..%2fadmin',
    'https://api.example.net/v2/%2e%2e%5Cadmin',
    'https://api.example.net/v2/orders/..;/admin',
    'https://someone:else@api.example.net/v2/orders/',
  ])
    assert.throws(
      () => followableLink(base, link),
      (error) => error instanceof RemoteFailure && error.code === 'remote_refused',
      link,
    );
  assert.throws(() => followableLink('http://api.example.net', 'https://api.example.net/orders/'), RemoteFailure);
});
