import assert from 'node:assert/strict';
import { alive, type Body, type Life } from './support.ts';
import { COMPANY, orderId } from './tradecloud.ts';

const AT = '2026-04-05T10:00:00.000Z';
const many = (count: number, make: (n: number) => string): string => Array.from({ length: count }, (_, n) => make(n)).join(',');

/** An order event without a message id, so that each body is a separate delivery. */
const event = (number: string, members: string): string =>
  `{"eventName":"OrderIssuedByBuyer","orderEvent":{"orderId":"${orderId(number)}","buyerOrder":{"companyId":"${COMPANY}","purchaseOrderNumber":"${number}"},"lastUpdatedAt":"${AT}",${members}}}`;

const order = (life: Life, number: string): Promise<Body> => life.get(`/orders/by-external/acme/${orderId(number)}?include=source,lines`);

alive('of one source the first thousand differences are stored, and the number of the others', async (life) => {
  const members = (value: number) => many(1500, (n) => `"u${n}":${value}`);
  assert.equal((await life.order(event('PO1', `"lines":[],${members(1)}`))).state, 'done');
  assert.equal((await life.order(event('PO1', `"lines":[],${members(2)}`))).state, 'done');
  const [, changed] = await life.feed();
  assert.equal(changed.diff.length, 1001);
  assert.deepEqual(changed.diff[0], { path: '/source/u0', before: 1, after: 2 });
  assert.deepEqual(changed.diff.at(-1), { path: '/source', before: null, after: null, count: 500 });
  assert.equal((await order(life, 'PO1')).source.u1499, 2, 'all of them are stored');
});

alive('a message that differs in a hundred thousand members is applied', async (life) => {
  const members = (name: string) => many(100_000, (n) => `"${name}${n}":1`);
  assert.equal((await life.order(event('PO1', `"lines":[],"x":{${members('u')}}`))).state, 'done');
  assert.equal((await life.order(event('PO1', `"lines":[],"x":{${members('v')}}`))).state, 'done');
  const [, changed] = await life.feed();
  assert.deepEqual([changed.diff.length, changed.diff.at(-1)], [1001, { path: '/source', before: null, after: null, count: 199_000 }]);
});

alive('a source that grows with every message is replaced before it exceeds a million characters', async (life) => {
  const note = (name: string) => `"lines":[],"${name}":"${'x'.repeat(400_000)}"`;
  for (const name of ['a', 'b', 'c']) assert.equal((await life.order(event('PO1', note(name)))).state, 'done');
  const { source } = await order(life, 'PO1');
  assert.deepEqual(
    Object.keys(source).filter((name) => /^[abc]$/.test(name)),
    ['c'],
  );
});

alive('a delivery with which an entity exceeds 50,000 lines or documents, at once or gradually, becomes dead', async (life) => {
  const lines = (name: string, count: number) => `"lines":[${many(count, (n) => `{"id":"${name}${n}"}`)}]`;
  const documents = (name: string, count: number) => `"lines":[],"documents":[${many(count, (n) => `{"objectId":"${name}${n}"}`)}]`;
  const outcome = async (body: string) => {
    const { state, error } = await life.order(body);
    return `${state} ${error ?? ''}`;
  };
  assert.match(await outcome(event('PO1', lines('a', 50_001))), /^dead too_many_lines/);
  assert.match(await outcome(event('PO2', documents('a', 50_001))), /^dead too_many_lines/);
  assert.match(await outcome(event('PO3', lines('a', 30_000))), /^done/);
  assert.match(await outcome(event('PO3', lines('b', 30_000))), /^dead too_many_lines/);
  assert.match(await outcome(event('PO3', lines('a', 1))), /^done/);
  assert.equal((await order(life, 'PO3')).lines.length, 30_000);
});

alive('a body of more than a million values is answered 400 and stored as dead', async (life) => {
  const values = (count: number) => event('PO1', `"lines":[],"x":[${'0,'.repeat(count - 1)}0]`);
  const xml = { 'Content-Type': 'application/xml' };
  const refused = [
    await life.hook({ body: values(1_000_001) }),
    await life.hook({ body: `<order>${'<a/>'.repeat(1_000_001)}</order>`, headers: xml }),
  ];
  assert.deepEqual(
    refused.map(({ status, body }) => [status, body.code]),
    [
      [400, 'invalid_body'],
      [400, 'invalid_body'],
    ],
  );
  const { data } = await life.get('/deliveries');
  assert.deepEqual(
    data.map(({ state, error }: Body) => [state, error]),
    Array.from({ length: 2 }, () => ['dead', 'invalid_body: The document has more than 1000000 values.']),
  );
  // Commas within a text do not separate values.
  const text = event('PO2', `"lines":[],"note":"${',['.repeat(600_000)}"`);
  assert.equal((await life.order(text)).state, 'done');
});
