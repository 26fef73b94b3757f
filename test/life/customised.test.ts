import assert from 'node:assert/strict';
import { signBody } from '../../src/platforms/ordergroove/authenticate.ts';
import { testOnEngines } from '../support/engines.ts';
import { type Body, type Life, openLife } from './support.ts';

const KEY = 'verification-key-of-the-route';
const SUBS = `  subs: { platform: ordergroove, webhook: { verificationKey: ${KEY} } }`;
const STARTED = 1_775_469_600;

const WHOLE = { public_id: 'i-1', order: 'o-1', product: 'OAT-12', quantity: 1, price: '20.00', total_price: '20.00', offer: 'f-1' };

/** An event raised at `at` seconds after the first, as a merchant has customised it. */
async function raise(life: Life, type: string, at: number, object: object): Promise<Body> {
  const body = JSON.stringify({ id: `${type}-${at}`, type, created: STARTED + at, data: { object } });
  const ts = String(Math.floor(Date.now() / 1000));
  const headers = { 'ordergroove-signature': `ts=${ts},sig=${signBody(KEY, ts, body).toString('hex')}` };
  const { body: answer } = await life.hook({ connection: 'subs', path: '', body, headers });
  return life.ended(answer.deliveryId);
}

testOnEngines('an item event of a customised payload leaves what it omits of its line as it was', async (_t, engine) => {
  const { life, end } = await openLife(engine, {}, SUBS);
  const order = () => life.get('/orders/by-external/subs/o-1?include=source');
  const line = async () => (await order()).lines[0];
  try {
    await raise(life, 'item.create', 0, WHOLE);
    const first = await line();
    assert.deepEqual((await order()).source, { items: [WHOLE] }, 'an order that is known by its line alone');
    assert.deepEqual([first.item.number, first.quantity, first.price.net], ['OAT-12', '1', '20.00']);

    const changed = await raise(life, 'item.change_quantity', 60, { public_id: 'i-1', order: 'o-1', quantity: 3 });
    const second = await line();
    assert.deepEqual([second.item.number, second.quantity, second.price.net, second.version], ['OAT-12', '3', '20.00', 2]);
    assert.deepEqual((await order()).source, { items: [{ ...WHOLE, quantity: 3 }] });
    const entry = (await life.feed()).find(({ cursor }) => cursor === changed.changes[0]);
    assert.deepEqual(entry.diff, [{ path: '/lines/i-1/quantity', before: '1', after: '3' }]);

    const same = await raise(life, 'item.change_quantity', 120, { public_id: 'i-1', order: 'o-1', quantity: 3 });
    assert.deepEqual([same.state, same.changes, (await line()).version], ['done', [], 2]);
  } finally {
    await end();
  }
});
