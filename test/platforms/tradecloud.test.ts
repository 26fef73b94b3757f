import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { InvalidBody, Unavailable } from '../../src/domain/errors.ts';
import type { CredentialChecker } from '../../src/platforms/contract/webhook.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { arrivedFrom, assertPart, fixtures, inboundOf, settings, understand } from './tradecloud-support.ts';

for (const { file, name, request, identity, outcome, drift } of fixtures()) {
  test(`${name} (${file})`, () => {
    const text = typeof request.body === 'string' ? request.body : request.body === undefined ? '' : JSON.stringify(request.body);
    const inbound = inboundOf(request.method, request.path, request.headers, text);
    if (outcome.error !== undefined) {
      assert.throws(
        () => understand(inbound),
        (error) => error instanceof InvalidBody && error.code === outcome.error,
      );
      return;
    }
    const seen = understand(inbound);
    const { interpretation } = seen;
    if (identity) assertPart(seen.identity, identity, 'identity');
    assert.equal(interpretation.do, outcome.do);
    if (interpretation.do === 'apply') assertPart(interpretation.reports, outcome.entities, 'entities');
    if (interpretation.do === 'fetch') {
      assert.equal(`${interpretation.subject.kind}:${interpretation.subject.externalId}`, outcome.subject);
      assert.equal(interpretation.whenMissing, outcome.whenMissing);
    }
    const noted = interpretation.drift.map(({ kind, name: what }) => `${kind} ${what}`);
    if (drift) assert.deepEqual(noted.sort(), drift.map((entry) => `${entry.kind} ${entry.name}`).sort());
    assert.deepEqual(understand(inbound), seen);
  });
}

const ID = 'c0-PO1';
const orderText = (event: object) =>
  JSON.stringify({ eventName: 'OrderLinesUpdatedByBuyer', singleDeliveryOrderEvent: { orderId: ID, ...event } });
const linesOf = (event: object): { externalId: string; quantity: string | null }[] => {
  const { interpretation } = understand(inboundOf('POST', '/orders', { 'content-type': 'application/json' }, orderText(event)));
  assert.ok(interpretation.do === 'apply');
  return (interpretation.reports[0]?.lines ?? []).map(({ externalId, content }) => ({ externalId, quantity: content.quantity }));
};
const split = (date: string, quantity: number, originalPosition = '1') => ({
  buyerLine: { position: '', originalPosition },
  statusLine: { scheduledDelivery: { date, quantity } },
});

test('a split-off line without a position keeps its name when its quantity changes, alone or among others', () => {
  const [first, second] = linesOf({ lines: [split('2026-04-01', 5), split('2026-04-08', 6)] });
  assert.notEqual(first?.externalId, second?.externalId);
  assert.deepEqual(linesOf({ lines: [split('2026-04-08', 7)] }), [{ externalId: second?.externalId, quantity: '7' }]);
});

test('split-off lines that cannot be distinguished are still two lines', () => {
  const [first, second] = linesOf({ lines: [split('2026-04-01', 5), split('2026-04-01', 5)] });
  assert.equal(second?.externalId, `${first?.externalId}-2`);
});

test('split-off lines of different original lines are different lines', () => {
  const [first, second] = linesOf({ lines: [split('2026-04-01', 5, '1'), split('2026-04-01', 5, '2')] });
  assert.notEqual(first?.externalId, second?.externalId);
});

test('a line without an id is named by order and position', () => {
  assert.deepEqual(linesOf({ lines: [{ buyerLine: { position: '0010' } }] }), [{ externalId: `${ID}-0010`, quantity: null }]);
});

const polled = (lines: object[]) =>
  JSON.stringify({ id: ID, lastUpdatedAt: '2026-03-01T10:00:00Z', status: { processStatus: 'InProgress' }, lines });
const waiting = {
  id: `${ID}-1`,
  buyerLine: { position: '1' },
  status: { processStatus: 'InProgress', inProgressStatus: 'OpenBuyerReopenRequest' },
};
const agreed = { id: `${ID}-2`, buyerLine: { position: '2' }, status: { processStatus: 'Confirmed' } };
const order = { kind: 'order', externalId: ID } as const;

test('a fetched order is complete, an order in a list without its lines is not', () => {
  const [whole] = tradecloud.readFetched(order, polled([waiting, agreed]), settings()).reports;
  assert.deepEqual([whole?.linesComplete, whole?.lines.length, whole?.externalId], [true, 2, ID]);
  const [short] = tradecloud.readFetched(order, JSON.stringify({ id: ID }), settings()).reports;
  assert.equal(short?.linesComplete, false);
});

test('a polled order may name its number and the supplier account beside its lines, as the polling page shows', () => {
  const row = { id: ID, supplierAccountNumber: '540830', purchaseOrderNumber: 'PO1', lines: [] };
  const { reports, drift } = tradecloud.readFetched(order, JSON.stringify(row), settings());
  assert.deepEqual([reports[0]?.header?.number, reports[0]?.header?.supplier, drift], ['PO1', { id: '540830', name: null }, []]);
});

for (const [echo, kept] of [
  ['keep', 2],
  ['buyer', 1],
  ['supplier', 2],
  ['in-progress', 1],
] as const) {
  test(`echo ${echo} keeps ${kept} of a line with a pending request of our own and an agreed one`, () => {
    const [report] = tradecloud.readFetched(order, polled([waiting, agreed]), settings({ echo })).reports;
    assert.equal(report?.lines.length, kept);
    assert.equal(report?.linesComplete, kept === 2);
  });
}

test('a fetched response that is not a JSON object is a body that cannot be read', () => {
  for (const text of ['<html>', '[]', '"x"']) assert.throws(() => tradecloud.readFetched(order, text, settings()), InvalidBody);
});

test('any bytes are either read or rejected as unreadable, never anything else', () => {
  const members = fc.constantFrom(
    'eventName',
    'orderEvent',
    'singleDeliveryOrderEvent',
    'orderDocumentsEvent',
    'shipment',
    'meta',
    'lines',
    'orderId',
    'id',
  );
  const anything = fc.dictionary(members, fc.oneof(fc.jsonValue(), fc.dictionary(members, fc.jsonValue())));
  const texts = fc.oneof(
    anything.map((value) => JSON.stringify(value)),
    fc.json(),
    fc.string(),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom('application/json', 'application/xml'), (text, type) => {
      const request = inboundOf('POST', '/orders', { 'content-type': type }, text);
      try {
        const identity = tradecloud.identify(request, settings());
        tradecloud.interpret(arrivedFrom(request, identity), settings());
      } catch (error) {
        assert.ok(error instanceof InvalidBody, String(error));
      }
    }),
    { numRuns: 500, seed: 20260301 },
  );
});

test('settings: username requires a password, secrets may be lists, unknown members are errors', () => {
  const accepts = (value: unknown) => tradecloud.settings.safeParse(value).success;
  const api = { baseUrl: 'https://api.accp.tradecloud1.com/v2' };
  assert.ok(accepts({ webhook: { auth: [{ basic: { username: 'u', password: ['new', 'old'] } }], allowIps: ['35.204.36.162/32'] } }));
  assert.ok(accepts({ webhook: {}, api: { ...api, username: 'u', password: ['a', 'b'] } }));
  assert.ok(accepts({ webhook: {}, api }));
  assert.ok(!accepts({ webhook: {}, api: { ...api, username: 'u' } }));
  assert.ok(!accepts({ webhook: {}, api: { ...api, username: 'u', password: '' } }));
  assert.ok(!accepts({ webhook: {}, api: { username: 'u', password: 'p' } }));
  assert.ok(!accepts({ webhook: { secret: 'x' } }));
  assert.ok(!accepts({ webhook: {}, deliveryMode: 'both' }));
});

const BASIC = { basic: { username: 'u', password: 'p' } };
const gatekeeper = (accepts: CredentialChecker['accepts']): CredentialChecker => ({ accepts, now: new Date('2026-03-01T12:00:00Z') });
const request = inboundOf('POST', '', {}, '{}');

test('any entry accepts a request, and is named by its position; without entries nothing is accepted', async () => {
  const two = settings({ webhook: { auth: [{ bearer: { token: 't' } }, BASIC] } });
  const byBasic = gatekeeper(async (entry) => 'basic' in entry);
  assert.deepEqual(await tradecloud.authenticate(request, two, byBasic), { accepted: true, credential: 'auth[1].basic' });
  const everything = gatekeeper(async () => true);
  assert.equal((await tradecloud.authenticate(request, settings(), everything)).accepted, false);
  assert.equal(
    (
      await tradecloud.authenticate(
        request,
        two,
        gatekeeper(async () => false),
      )
    ).accepted,
    false,
  );
});

test('an issuer that does not respond counts only if no other entry accepts', async () => {
  const two = settings({ webhook: { auth: [{ bearer: { token: 't' } }, BASIC] } });
  const issuerDown = (other: boolean) =>
    gatekeeper(async (entry) => {
      if ('bearer' in entry) throw new Unavailable('issuer_unavailable', 'down');
      return other;
    });
  assert.deepEqual(await tradecloud.authenticate(request, two, issuerDown(true)), { accepted: true, credential: 'auth[1].basic' });
  await assert.rejects(tradecloud.authenticate(request, two, issuerDown(false)), Unavailable);
});

test('headers with static secrets are listed, and the portal guide shows addresses but no secret', () => {
  const own = settings({
    webhook: { auth: [{ header: { name: 'X-Key', value: 'hush-1' } }, { basic: { username: 'tc', password: 'hush-2' } }] },
  });
  assert.deepEqual(tradecloud.secretHeaders(own), ['x-key']);
  const guide = tradecloud.portalGuide(own, 'https://dock.example/webhooks/acme').join('\n');
  assert.match(guide, /https:\/\/dock\.example\/webhooks\/acme\/orders/);
  assert.match(guide, /https:\/\/dock\.example\/webhooks\/acme\/shipments/);
  assert.match(guide, /username tc/);
  assert.doesNotMatch(guide, /hush/);
});

test('a status that the platform repeats after is not final, all others are', () => {
  const final = (status: number) => tradecloud.retryPolicy.final.some(([from, to]) => status >= from && status <= to);
  assert.deepEqual([400, 401, 408, 413, 429, 500].map(final), [true, true, true, true, true, true]);
  assert.deepEqual([200, 202, 501, 502, 503, 504].map(final), [false, false, false, false, false, false]);
});

test('a line of a very long tXML order is read like that of a short one', () => {
  const line = (position: number, note: string) =>
    `<line><id>${ID}-${position}</id><buyerLine><position>${position}</position><note>${note} &amp; so on</note></buyerLine>` +
    `<deliveryScheduleLine><quantity>1.10</quantity></deliveryScheduleLine><deliveryScheduleLine><quantity>2</quantity></deliveryScheduleLine></line>`;
  const order = (lines: string) =>
    `<WebhookBody><eventName>OrderResentByBuyer</eventName><orderEvent><orderId>${ID}</orderId>${lines}<version>3</version></orderEvent></WebhookBody>`;
  const read = (text: string) => {
    const { identity, interpretation } = understand(inboundOf('POST', '/orders', { 'content-type': 'application/xml' }, text));
    assert.ok(interpretation.do === 'apply');
    assert.equal(identity.subject?.externalId, ID);
    return interpretation.reports[0];
  };
  const long = Array.from({ length: 450 }, (_, index) => line(index, 'x'.repeat(2500))).join('');
  assert.ok(long.length > 1_000_000);
  const report = read(order(long));
  assert.equal(report?.lines.length, 450);
  assert.deepEqual(report?.lines[7], read(order(line(7, 'x'.repeat(2500))))?.lines[0]);
  assert.deepEqual(report?.lines[7]?.content.quantity, '3.10');
  assert.equal(report?.source?.version, 3);
  const [only] = read(order(line(1, 'x'.repeat(1_000_001))))?.lines ?? [];
  assert.equal(only?.externalId, `${ID}-1`);
  const broken = order(long).replace('</buyerLine>', '');
  assert.throws(() => understand(inboundOf('POST', '/orders', { 'content-type': 'application/xml' }, broken)), InvalidBody);
});

test('tXML keeps references that nothing defines and characters that XML forbids, and is refused beyond a thousand levels', () => {
  const order = (inner: string) =>
    `<o:WebhookBody xmlns:o="urn:o"><eventName>OrderResentByBuyer</eventName><orderEvent><orderId>${ID}</orderId>${inner}</orderEvent></o:WebhookBody>`;
  const read = (text: string) => understand(inboundOf('POST', '/orders', { 'content-type': 'application/xml' }, text)).interpretation;
  const noteOf = (note: string) => {
    const interpretation = read(order(`<o:note a="1">${note}</o:note>`));
    assert.ok(interpretation.do === 'apply');
    return interpretation.reports[0]?.source?.note;
  };
  assert.equal(noteOf('1 &lt; 2 &#233; &euro; &nothing; &#1;'), '1 < 2 é € &nothing; &#1;');
  assert.equal(noteOf(' a\u0001b '), 'a\u0001b');
  assert.equal(noteOf('<![CDATA[<line>]]> x'), '<line> x');
  for (const broken of ['a & b', '<a></b>', '<a b></a>', '<a b="1" b="2"/>']) assert.throws(() => noteOf(broken), InvalidBody, broken);
  assert.throws(() => read(`<!DOCTYPE o>${order('')}`), InvalidBody);
  assert.throws(() => read(`${order('')}<a/>`), InvalidBody);
  assert.throws(() => read(order(`${'<a>'.repeat(1001)}${'</a>'.repeat(1001)}`)), InvalidBody);
});

test('an extremely long event name is truncated', () => {
  const endless = 'x'.repeat(100_000);
  const body = JSON.stringify({ eventName: endless, orderEvent: { orderId: ID } });
  const { eventType } = understand(inboundOf('POST', '/orders', { 'content-type': 'application/json' }, body)).identity;
  assert.ok(eventType !== null && eventType.length <= 500);
});

test('a known event without its state is unreadable; an unknown one may contain anything', () => {
  const sent = (body: object) => inboundOf('POST', '/orders', { 'content-type': 'application/json' }, JSON.stringify(body));
  for (const body of [{}, { orderEvent: null }, { orderEvent: [] }, { orderEvent: 'PO1' }, { order: { id: 'c0-PO1' } }]) {
    assert.throws(() => understand(sent({ eventName: 'OrderIssuedByBuyer', ...body })), InvalidBody);
    assert.equal(understand(sent({ eventName: 'OrderPrintedByBuyer', ...body })).interpretation.do, 'ignore');
  }
});
