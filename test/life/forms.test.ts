import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { alive, type Body, type Life } from './support.ts';
import { COMPANY, eventJson, lineJson, orderId, orderJson, plainEvent, shipmentEvent, shipmentId, shipmentJson } from './tradecloud.ts';

const AT = '2026-04-03T10:00:00.000Z';
const LATER = '2026-04-03T11:00:00.000Z';

const orderOf = (life: Life, number: string): Promise<Body> =>
  life.get(`/orders/by-external/acme/${encodeURIComponent(orderId(number))}?include=source`);

/** The content of an order, whatever its name and time. */
const content = ({ number, status, currency, buyer, lines, source }: Body) => ({
  header: { status, currency, buyer },
  lines: lines.map(({ position, item, quantity, unit, price, deliverySchedule, status: own }: Body) => ({
    position,
    item,
    quantity,
    unit,
    price,
    deliverySchedule,
    own,
  })),
  source: JSON.parse(JSON.stringify(source).replaceAll(number, 'NUMBER')),
});

const TXML = `<?xml version="1.0" encoding="UTF-8"?>
<WebhookBody><eventName>OrderLinesConfirmedBySupplier</eventName><orderEvent><orderId>${orderId('POX')}</orderId>
<buyerOrder><companyId>${COMPANY}</companyId><buyerParty><id>NL-7</id><name>Veldhuis &amp; Zonen</name></buyerParty>
<purchaseOrderNumber>POX</purchaseOrderNumber></buyerOrder><status><processStatus>Confirmed</processStatus></status><version>3</version>
<lastUpdatedAt>${AT}</lastUpdatedAt><line><id>${orderId('POX')}-0001</id><buyerLine><position>0001</position><item><number>0042</number>
<name>Flens</name><purchaseUnitOfMeasureIso>PCE</purchaseUnitOfMeasureIso></item></buyerLine>
<deliveryScheduleLine><position>1</position><date>2026-05-04</date><quantity>1.10</quantity><status>Open</status></deliveryScheduleLine>
<deliveryScheduleLine><position>2</position><date>2026-05-11</date><quantity>2.20</quantity><status>Open</status></deliveryScheduleLine>
<prices><netPrice><priceInTransactionCurrency><value>11.250</value><currencyIso>EUR</currencyIso></priceInTransactionCurrency></netPrice>
<priceUnitQuantity>100</priceUnitQuantity></prices><status><processStatus>Confirmed</processStatus></status><lastUpdatedAt>${AT}</lastUpdatedAt></line>
</orderEvent><meta><messageId>x-1</messageId></meta></WebhookBody>`;

const TWIN = `{"eventName":"OrderLinesConfirmedBySupplier","orderEvent":{"orderId":"${orderId('POJ')}","buyerOrder":{"companyId":"${COMPANY}",
"buyerParty":{"id":"NL-7","names":["Veldhuis & Zonen"]},"purchaseOrderNumber":"POJ"},"status":{"processStatus":"Confirmed"},"version":3,
"lastUpdatedAt":"${AT}","lines":[{"id":"${orderId('POJ')}-0001","buyerLine":{"position":"0001","item":{"number":"0042","name":"Flens",
"purchaseUnitOfMeasureIso":"PCE"}},"deliverySchedule":[{"position":"1","date":"2026-05-04","quantity":1.10,"status":"Open"},
{"position":"2","date":"2026-05-11","quantity":2.20,"status":"Open"}],"prices":{"netPrice":{"priceInTransactionCurrency":{"value":11.250,
"currencyIso":"EUR"}},"priceUnitQuantity":100},"status":{"processStatus":"Confirmed"},"lastUpdatedAt":"${AT}"}]},"meta":{"messageId":"j-1"}}`;

alive('tXML is read like the equivalent JSON, with and without a Content-Type', async (life) => {
  await life.order(TXML, { 'Content-Type': 'application/xml; charset=utf-8' });
  await life.order(TWIN);
  const xml = await orderOf(life, 'POX');
  assert.deepEqual(content(xml), content(await orderOf(life, 'POJ')));
  assert.equal(xml.lines[0].quantity, '3.30');
  assert.equal(xml.buyer.name, 'Veldhuis & Zonen');
  await life.order(TXML.replaceAll('POX', 'POY').replace('x-1', 'x-2'), { 'Content-Type': '' });
  assert.deepEqual(content(await orderOf(life, 'POY')), content(xml));
  // The same order as JSON at the same time is not new.
  await life.order(TWIN.replaceAll('POJ', 'POX').replace('j-1', 'j-2'));
  assert.equal((await orderOf(life, 'POX')).version, 1);
});

alive('tXML and JSON are read in their own charset; an unknown one is 415, and invalid bytes are stored as dead', async (life) => {
  const name = 'Müller & Söhne';
  const latin = TXML.replace('Veldhuis &amp; Zonen', 'Müller &amp; Söhne').replace('UTF-8', 'ISO-8859-1');
  await life.order(Buffer.from(latin, 'latin1'), { 'Content-Type': 'application/xml' });
  assert.equal((await orderOf(life, 'POX')).buyer.name, name);
  const json = TWIN.replace('Veldhuis & Zonen', name);
  await life.order(Buffer.from(json, 'latin1'), { 'Content-Type': 'application/json; charset=iso-8859-1' });
  assert.equal((await orderOf(life, 'POJ')).buyer.name, name);
  await life.order(Buffer.from(`\uFEFF${json.replaceAll('POJ', 'POU').replace('j-1', 'u-1')}`, 'utf16le'), { 'Content-Type': '' });
  assert.equal((await orderOf(life, 'POU')).buyer.name, name);

  const unknown = await life.hook({ body: json, headers: { 'Content-Type': 'application/json; charset=klingon' } });
  assert.deepEqual([unknown.status, unknown.body.code], [415, 'unsupported_charset']);
  const misfit = await life.hook({ body: Buffer.from(json, 'latin1') });
  assert.deepEqual([misfit.status, misfit.body.code], [400, 'invalid_body']);
  const { data } = await life.get('/deliveries?state=dead');
  assert.equal(data.length, 1);
  const { body, bodyEncoding } = await life.get(`/deliveries/${data[0].id}`);
  assert.deepEqual([bodyEncoding, Buffer.from(body, 'base64').toString('latin1')], ['base64', json]);
});

const singleLine = (position: string, quantity: string, more = '') =>
  `{"id":"${orderId('PO2')}-${position}","buyerLine":{"position":"${position}","originalPosition":"${position === '' ? '0010' : ''}",
"item":{"number":"A-1","purchaseUnitOfMeasureIso":"PCE"}},"statusLine":{"scheduledDelivery":{"date":"2026-05-04","quantity":${quantity}},
"scheduledDeliveryInclRequests":{"date":"2026-06-01","quantity":77},"prices":{"netPrice":{"priceInTransactionCurrency":{"value":5.50,"currencyIso":"USD"}}},
"pricesInclRequests":{"netPrice":{"priceInTransactionCurrency":{"value":6,"currencyIso":"USD"}}}},"status":{"processStatus":"Confirmed"},
"lastUpdatedAt":"${AT}"${more}}`;

alive('single-delivery events are read under both their names, and a split-off line has its own name', async (life) => {
  const at = AT;
  await life.order(
    eventJson({ number: 'PO2', at, messageId: 's-1', member: 'singleDeliveryOrderEvent', lines: [singleLine('0010', '7')] }),
  );
  const old = eventJson({ number: 'PO2', at: LATER, messageId: 's-2', member: 'simpleOrderEvent', lines: [singleLine('', '3')] });
  await life.order(old);
  const order = await orderOf(life, 'PO2');
  const [line, split] = order.lines;
  assert.deepEqual([line.quantity, line.price.net, line.price.currency, line.deliverySchedule[0].date], ['7', '5.50', 'USD', '2026-05-04']);
  assert.deepEqual([split.position, split.quantity], [null, '3']);
  const [, entry] = await life.feed();
  assert.deepEqual(entry.lines, [split.externalId], 'a line without a position goes by its external id');
  await life.order(old.replace('s-2', 's-3').replaceAll(LATER, '2026-04-03T12:00:00.000Z'));
  assert.equal((await orderOf(life, 'PO2')).lines.length, 2, 'the same split-off line is found again');
});

alive('a documents event adds documents and does not change header and lines', async (life) => {
  await life.order(plainEvent('PO3', AT, 'd-1'));
  const id = orderId('PO3');
  const delivery = await life.order(
    `{"eventName":"OrderDocumentsAttachedByBuyer","orderDocumentsEvent":{"orderId":"${id}","buyerOrder":{"companyId":"${COMPANY}","documents":[
{"code":"D-9","name":"Drawing","objectId":"no-such-object","type":"General"}]},"lines":[{"id":"${id}-0010","buyerLine":{"position":"0010","documents":[
{"code":"C-9","name":"Certificate"}]}}],"lastUpdatedAt":"${LATER}"},"meta":{"messageId":"d-2"}}`,
  );
  const order = await orderOf(life, 'PO3');
  assert.deepEqual(order.documents.map((one: Body) => one.name).toSorted(), ['Certificate', 'Drawing']);
  assert.deepEqual([order.number, order.lines.length, order.lines[0].quantity, order.version], ['PO3', 1, '10', 2]);
  assert.equal(delivery.changes.length, 1);
  const { data } = await life.get(`/documents?order=${order.id}`);
  assert.equal(data.length, 2);
  assert.ok(data.every((one: Body) => one.state !== 'stored'));
});

alive('a shipment has the lines of its load carriers, and is reported by POST and by GET', async (life) => {
  const pushed = await life.hook({ path: '/shipments', body: shipmentEvent('SN1', AT, 'sh-1') });
  assert.equal(pushed.status, 202);
  await life.ended(pushed.body.deliveryId);
  const path = `/shipments/by-external/acme/${encodeURIComponent(shipmentId('SN1'))}`;
  const shipment = await life.get(path);
  const quantities = ({ lines }: Body) => Object.fromEntries(lines.map((one: Body) => [one.position, one.quantity]));
  assert.deepEqual(quantities(shipment), { '0010': '6.10', '0020': '2.50' });
  assert.deepEqual([shipment.number, shipment.status], ['SN1', 'Issued']);

  life.far.shipments.set(shipmentId('SN1'), shipmentJson('SN1', LATER, '4.75'));
  for (const [path, version] of [
    [`/shipments/${shipmentId('SN1')}`, 2],
    [`/shipments?shipmentId=${shipmentId('SN1')}`, 2],
  ] as const) {
    const told = await life.hook({ method: 'GET', path });
    assert.equal(told.status, 202);
    assert.equal((await life.ended(told.body.deliveryId)).state, 'done');
    assert.equal((await life.get(`/shipments/${shipment.id}`)).version, version);
  }
  assert.deepEqual(quantities(await life.get(`/shipments/${shipment.id}`)), { '0010': '6.10', '0020': '4.75' });
  const [, entry] = await life.feed();
  assert.deepEqual([entry.kind, entry.lines], ['shipment', ['0020']]);
});

alive('decimals keep every digit, as numbers and as texts, in lines, sums, diffs and the source', async (life) => {
  const long = '12345678901234567890.123';
  const lines = [
    lineJson('PO4', { position: '0010', at: AT, quantity: '"1.10"', net: '0.1000' }),
    lineJson('PO4', { position: '0020', at: AT, quantity: '1.10' }),
    lineJson('PO4', { position: '0030', at: AT, quantity: long, net: '99999999999999999999.99' }),
  ];
  await life.order(eventJson({ number: 'PO4', at: AT, messageId: 'n-1', lines }));
  const order = await orderOf(life, 'PO4');
  assert.deepEqual(
    order.lines.map((one: Body) => one.quantity),
    ['1.10', '1.10', long],
  );
  assert.deepEqual(
    order.lines.map((one: Body) => one.price.net),
    ['0.1000', '1.10', '99999999999999999999.99'],
  );
  const text = await (
    await fetch(`${life.url}/api/v1/orders/${order.id}?include=source`, { headers: { authorization: 'Bearer erp-key-0123456789' } })
  ).text();
  assert.ok(text.includes(`"quantity":${long}`), 'the source has the number as it was sent');
  await life.order(
    eventJson({
      number: 'PO4',
      at: LATER,
      messageId: 'n-2',
      lines: [lineJson('PO4', { position: '0030', at: LATER, quantity: '12345678901234567890.124', net: '99999999999999999999.99' })],
    }),
  );
  const [, entry] = await life.feed();
  assert.ok(
    entry.diff.some((one: Body) => one.path === '/lines/0030/quantity' && one.before === long && one.after === '12345678901234567890.124'),
  );
});

alive('unknown events, fields and values are accepted, applied as far as known, and recorded as drift', async (life) => {
  const at = AT;
  const line = lineJson('PO5', { position: '0010', at, status: 'Teleported', more: '"quantumState":"both"' });
  const delivery = await life.order(
    eventJson({ number: 'PO5', at, messageId: 'u-1', eventName: 'OrderLinesTeleportedByBuyer', lines: [line] }),
  );
  assert.equal(delivery.state, 'done');
  assert.equal((await orderOf(life, 'PO5')).lines[0].status, 'Teleported');
  const other = await life.order('{"eventName":"SomethingNew","newEvent":{"a":1},"meta":{"messageId":"u-2"}}');
  assert.equal(other.state, 'ignored');
  const { data } = await life.get('/drift');
  const found = data.map((one: Body) => `${one.kind} ${one.name}`);
  assert.ok(found.includes('event OrderLinesTeleportedByBuyer') && found.includes('event SomethingNew'), found.join());
  assert.ok(data.some((one: Body) => one.kind === 'field' && /quantumState/.test(one.name + one.path)));
  assert.ok(data.some((one: Body) => one.kind === 'value' && /Teleported/.test(JSON.stringify(one))));
});

alive('the criteria of an unknown event with an unusual name select its deliveries', async (life) => {
  const names = ['Zahlung <Ü> 100 %_!', `Long${'N'.repeat(100)}`, `Longer${'😀'.repeat(300)}`, 'two\nlines & "quotes"'];
  for (const [position, eventName] of names.entries()) {
    for (const messageId of [`n-${position}-1`, `n-${position}-2`])
      assert.equal((await life.order(JSON.stringify({ eventName, newEvent: {}, meta: { messageId } }))).state, 'ignored');
  }
  const causes: Body[] = (await life.get('/deliveries/causes')).data;
  assert.equal(causes.length, names.length);
  for (const { count, criteria, sampleId } of causes) {
    const selected: Body[] = (await life.get(`/deliveries?${new URLSearchParams(criteria)}`)).data;
    assert.deepEqual([count, selected.length, selected.some(({ id }) => id === sampleId)], [2, 2, true], criteria.event);
    const preview = await life.call('POST', '/deliveries/replay', { ...criteria, preview: true });
    assert.deepEqual([preview.status, preview.body.number], [200, 2], JSON.stringify(preview.body));
  }
});

alive('a body that cannot be read is answered 400 and stored as it arrived', async (life) => {
  for (const [body, type, encoding] of [
    ['{"eventName":"Order', 'application/json', 'utf8'],
    ['[1,2]', 'application/json', 'utf8'],
    ['<WebhookBody><orderEvent>', 'application/xml', 'utf8'],
    [Buffer.from([0x7b, 0xff, 0xfe, 0x00]), 'application/json', 'base64'],
    ['', 'application/json', 'utf8'],
  ] as const) {
    const answer = await life.hook({ body: Buffer.from(body), headers: { 'Content-Type': type } });
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_body'], String(body));
    const [{ id }] = (await life.get('/deliveries?state=dead&limit=1')).data;
    const kept = await life.get(`/deliveries/${id}`);
    assert.match(kept.error, /^invalid_body/);
    assert.equal(kept.bodyEncoding, encoding);
    assert.equal(kept.body, Buffer.from(body).toString(encoding));
  }
  assert.deepEqual(await life.feed(), []);
});

alive('compressed bodies, and bodies with a byte order mark or without a content type, are read', async (life) => {
  await life.order(gzipSync(plainEvent('PO6', AT, 'g-1')) as unknown as string, { 'Content-Encoding': 'gzip' });
  await life.order(plainEvent('PO7', AT, 'g-2'), { 'Content-Type': 'application/json; charset=UTF-8' });
  await life.order(`\uFEFF${plainEvent('PO8', AT, 'g-3').replace('Veldhuis', 'Veldhüis 製')}`, {
    'Content-Type': 'application/json;charset="utf-8"',
  });
  await life.order(plainEvent('PO9', AT, 'g-4'), { 'Content-Type': '' });
  for (const number of ['PO6', 'PO7', 'PO8', 'PO9']) assert.equal((await orderOf(life, number)).lines.length, 1, number);
  assert.equal((await orderOf(life, 'PO8')).buyer.name, 'Veldhüis 製 Pompen B.V.');
});

alive('a fetched order equals the pushed one, so nothing is new', async (life) => {
  const lines = [lineJson('PO10', { position: '0010', at: AT })];
  await life.order(eventJson({ number: 'PO10', at: AT, messageId: 'f-1', lines }));
  life.far.orders.set(orderId('PO10'), orderJson({ number: 'PO10', at: AT, lines }));
  const told = await life.hook({ method: 'GET', path: `/orders/${orderId('PO10')}` });
  const ended = await life.ended(told.body.deliveryId);
  assert.deepEqual([ended.state, ended.changes], ['done', []]);
  assert.equal((await life.feed()).length, 1);
});

alive('an order of several megabytes is stored completely: its source, its lines, its changes and its bytes', async (life) => {
  const note = 'n\u00f6te '.repeat(300_000);
  const lines = Array.from({ length: 3000 }, (_, at) => lineJson('PO11', { position: String(at).padStart(5, '0'), at: AT }));
  const event = (at: string, id: string, text: string) =>
    eventJson({ number: 'PO11', at, messageId: id, lines: at === AT ? lines : [], more: `"reason":${JSON.stringify(text)}` });
  const delivery = await life.order(event(AT, 'l-1', note));
  const order = await orderOf(life, 'PO11');
  assert.equal(order.source.reason, note);
  assert.deepEqual([order.lines.length, order.source.lines.length, order.lines[2999].quantity], [3000, 3000, '10']);
  assert.equal(delivery.body, event(AT, 'l-1', note));
  const [entry] = await life.feed();
  assert.equal(entry.lines.length, 3000);
  assert.equal(entry.diff.filter((one: Body) => /^\/lines\/\d{5}$/.test(one.path)).length, 3000);
  await life.order(event(LATER, 'l-2', `${note}!`));
  // The first entry fills a whole page.
  const [changed] = (await life.get(`/changes?after=${entry.cursor}`)).data;
  assert.deepEqual(changed.diff, [{ path: '/source/reason', before: note, after: `${note}!` }]);
  assert.equal((await life.get(`/orders/${order.id}?asOf=${entry.cursor}`)).lines.length, 3000);
});

alive('excessively nested documents are dead letters immediately, and block nothing else', async (life) => {
  const deep = `"reason":${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const sent = Array.from({ length: 30 }, (_, at) =>
    life.hook({ body: eventJson({ number: `DEEP${at}`, at: AT, messageId: `deep-${at}`, lines: [], more: deep }) }),
  );
  for (const { status, body } of await Promise.all(sent)) {
    assert.equal(status, 202);
    const { state, error } = await life.ended(body.deliveryId);
    assert.deepEqual([state, error], ['dead', 'invalid_body: The document is nested too deeply to be read']);
  }
  assert.equal((await life.order(plainEvent('PO12', AT, 'after-deep'))).state, 'done');
});
