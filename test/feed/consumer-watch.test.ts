import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { Webhook } from 'standardwebhooks';
import { createConsumerCheck } from '../../src/feed/consumer-watch.ts';
import { acknowledge, DEFAULT_CONSUMER, recordRead, registerConsumer, requireConsumer } from '../../src/feed/consumers.ts';
import { findPosition } from '../../src/feed/find-position.ts';
import { saveReceipts } from '../../src/feed/receipts.ts';
import { addConsumerGauges } from '../../src/http/metrics/consumers.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { type AlertMessage, createAlerts } from '../../src/monitoring/alerts.ts';
import { createOwnPost } from '../../src/remote/own-system.ts';
import { readNotices } from '../../src/store/feed/notices.ts';
import { at, toyOrder } from '../reconciliation/support.ts';
import { type TestContext, testWithContext } from '../support/context.ts';

const SECRET = 'whsec_c2VjcmV0LW9mLXRoZS1lcnAtaXRzZWxm';
const SECOND = 1000;
const MINUTE = 60 * SECOND;

interface Received {
  id: string;
  type: string;
  data: { consumer: string; cursor: string; count: number };
}

/** The ERP's side: accepts messages with a valid signature, and answers as scripted. */
async function startReceiver(clock: { now(): Date }) {
  const received: Received[] = [];
  const answer: { status: number; headers: Record<string, string> } = { status: 204, headers: {} };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = request.headers as Record<string, string>;
    // The package compares the time with the real clock, so the signature is computed again for the time that was sent.
    const sentAt = new Date(Number(headers['webhook-timestamp']) * SECOND);
    assert.equal(headers['webhook-signature'], new Webhook(SECRET).sign(headers['webhook-id'] ?? '', sentAt, body));
    assert.ok(Math.abs(sentAt.getTime() - clock.now().getTime()) < SECOND);
    received.push({ id: headers['webhook-id'], ...JSON.parse(body) });
    response.writeHead(answer.status, answer.headers).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/changed`;
  return { url, received, answer, close: () => new Promise((resolve) => server.close(resolve)) };
}

const testConsumers = (name: string, body: (run: TestContext & { sent: AlertMessage[]; look(): Promise<void> }) => Promise<void>) =>
  testWithContext(name, async (run) => {
    const sent: AlertMessage[] = [];
    const { db } = run.context;
    const alerts = createAlerts({ db, clock: run.clock, log: run.log, post: async (message) => void sent.push(message) });
    const check = createConsumerCheck({ ...run.context, alerts }, createOwnPost());
    const look = async () => {
      await check();
      await alerts.settled();
    };
    try {
      await body({ ...run, sent, look });
    } finally {
      await alerts.settled();
    }
  });
const order = async (run: TestContext, n: number) => {
  await run.send({ id: `e${n}`, type: 'order', order: toyOrder(`PO${n}`, at(1)) });
  await run.settle();
};
const readAll = async ({ context }: TestContext, name: string) => {
  const latest = await findPosition(context.db.read, 'latest');
  await recordRead(context, await requireConsumer(context.db.read, name), latest);
  return latest;
};

testConsumers(
  'a consumer is notified of new changes, signed, at most every five seconds, and again when its receiver was unreachable',
  async (run) => {
    const { context, clock, look, sent } = run;
    const receiver = await startReceiver(clock);
    try {
      await registerConsumer(context, 'erp', { ...DEFAULT_CONSUMER, notify: { url: receiver.url, secret: SECRET } });
      await look();
      assert.equal(receiver.received.length, 0, 'nothing is new');
      await order(run, 1);
      await order(run, 2);
      await look();
      const [first] = receiver.received;
      const { cursor } = await findPosition(context.db.read, 'latest');
      assert.deepEqual([first?.type, first?.data], ['changes.available', { consumer: 'erp', cursor, count: 2 }]);
      await order(run, 3);
      await look();
      assert.equal(receiver.received.length, 1, 'five seconds have not passed');
      clock.advance(5 * SECOND);
      await Promise.all([look(), createConsumerCheck(context, createOwnPost())()]);
      assert.deepEqual(
        receiver.received.slice(1).map(({ data }) => data.count),
        [3],
        'once, whoever looks',
      );
      clock.advance(MINUTE);
      await look();
      assert.equal(receiver.received.length, 2, 'it was told of all there is');
      clock.advance(5 * MINUTE);
      await look();
      assert.deepEqual([receiver.received.length, receiver.received[2]?.id], [3, receiver.received[1]?.id], 'a reminder of the same news');
      await acknowledge(context, 'erp', (await readAll(run, 'erp')).cursor, false);
      clock.advance(10 * MINUTE);
      await look();
      assert.equal(receiver.received.length, 3, 'it has caught up');

      receiver.answer.status = 500;
      await order(run, 4);
      for (let seconds = 0; seconds <= 16 * 60; seconds += 5) {
        await look();
        clock.advance(5 * SECOND);
      }
      const tries = receiver.received.length - 3;
      assert.ok(tries >= 8 && tries <= 11, `pauses of up to five minutes: ${tries} tries`);
      assert.deepEqual(
        sent.map(({ code, details }) => [code, details.consumer]),
        [['notify_failing', 'erp']],
      );
      receiver.answer.status = 200;
      clock.advance(5 * MINUTE);
      await look();
      await look();
      assert.deepEqual(
        sent.slice(1).map(({ code, details }) => [code, details.closed]),
        [['notify_failing', true]],
      );
      assert.equal(JSON.stringify(run.log.lines).includes('c2VjcmV0'), false);
    } finally {
      await receiver.close();
    }
  },
);

testConsumers('a consumer that does not acknowledge is behind, by its own limit and filter, until it has caught up', async (run) => {
  const { context, clock, look, sent } = run;
  await order(run, 1);
  clock.advance(MINUTE);
  await registerConsumer(context, 'erp', { ...DEFAULT_CONSUMER, alertAfterSeconds: 30 });
  await registerConsumer(context, 'items', {
    ...DEFAULT_CONSUMER,
    alertAfterSeconds: 30,
    filter: { kinds: ['item'], connections: null },
  });
  clock.advance(29 * SECOND);
  await look();
  assert.deepEqual(sent, [], 'it could not have read any earlier');
  clock.advance(SECOND);
  await look();
  await look();
  assert.deepEqual(
    sent.map(({ code, text }) => [code, text]),
    [['consumer_behind', 'erp: has not acknowledged a change for 30 seconds (limit 30). Nothing is lost: the changes wait in the feed.']],
  );
  const metrics = createMetrics();
  addConsumerGauges(metrics.registry, context);
  const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('orderdock_consumer'));
  assert.deepEqual(lines.sort(), [
    'orderdock_consumer_lag_entries{consumer="erp"} 1',
    'orderdock_consumer_lag_entries{consumer="items"} 0',
    'orderdock_consumer_lag_seconds{consumer="erp"} 90',
    'orderdock_consumer_lag_seconds{consumer="items"} 0',
  ]);
  await acknowledge(context, 'erp', (await readAll(run, 'erp')).cursor, false);
  await look();
  assert.deepEqual(
    sent.slice(1).map(({ code, text }) => [code, text]),
    [['consumer_behind', 'erp: has caught up.']],
  );
});

testConsumers('a rejected change is an alert until it is booked', async (run) => {
  const { context, look, sent } = run;
  await order(run, 1);
  await registerConsumer(context, 'erp', null);
  const { position } = await readAll(run, 'erp');
  const receipt = (status: 'booked' | 'rejected', reason: string | null) =>
    saveReceipts(context, 'erp', [{ at: { position, check: null }, status, reference: null, reason }]);
  await receipt('rejected', 'customer 7 is blocked');
  await look();
  assert.deepEqual(
    sent.map(({ code, text }) => [code, text]),
    [['receipt_rejected', 'erp: a change was rejected, the newest of PO1 (customer 7 is blocked). Correct the cause and book it.']],
  );
  await receipt('booked', null);
  await look();
  assert.deepEqual(
    sent.slice(1).map(({ text }) => text),
    ['erp: no rejected changes are left.'],
  );
});

test("the receiver's address may be private but never link-local, whatever its name resolves to", async () => {
  const post = (url: string, address?: string) =>
    createOwnPost(
      address === undefined
        ? undefined
        : (_host, options, done) => done(null, options.all ? [{ address, family: address.includes(':') ? 6 : 4 }] : (address as never), 4),
    )({ url, headers: {}, body: '{}', timeoutMs: 2000 });
  const refused = { code: 'address_refused' };
  await assert.rejects(post('http://169.254.169.254/'), refused);
  await assert.rejects(post('http://[fe80::1]/'), refused);
  await assert.rejects(post('http://[::ffff:169.254.10.1]/'), refused);
  await assert.rejects(post('http://erp.example/', '169.254.169.254'), refused);
  await assert.rejects(post('https://erp.example/', 'fe80::2'), refused);
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  assert.equal((await post(`http://erp.example:${port}/`, '127.0.0.1')).status, 200);
  await new Promise((resolve) => server.close(resolve));
});

testConsumers('a receiver that sends Retry-After is called again at that time, within an hour, and a 429 is not a failure', async (run) => {
  const { context, clock, look, sent } = run;
  const receiver = await startReceiver(clock);
  try {
    await registerConsumer(context, 'erp', { ...DEFAULT_CONSUMER, notify: { url: receiver.url, secret: SECRET } });
    await order(run, 1);
    const failures = async () => (await readNotices(context.db.read)).map((notice) => [notice.failures, notice.failingSince !== null]);
    const asks = [
      { status: 429, retryAfter: '600', waitMs: 10 * MINUTE, failed: [0, false] },
      { status: 429, retryAfter: '7200', waitMs: 60 * MINUTE, failed: [0, false] },
      { status: 503, retryAfter: '1200', waitMs: 20 * MINUTE, failed: [1, true] },
    ];
    for (const [number, { status, retryAfter, waitMs, failed }] of asks.entries()) {
      Object.assign(receiver.answer, { status, headers: { 'Retry-After': retryAfter, Date: clock.now().toUTCString() } });
      await look();
      assert.equal(receiver.received.length, number + 1);
      assert.deepEqual(await failures(), [failed]);
      clock.advance(waitMs - SECOND);
      await look();
      assert.equal(receiver.received.length, number + 1, `${status} is not asked again before ${retryAfter} seconds`);
      assert.deepEqual(sent.filter(({ code }) => code === 'notify_failing').length, status === 429 ? 0 : 1);
      clock.advance(SECOND);
    }
    Object.assign(receiver.answer, { status: 204, headers: {} });
    await look();
    assert.deepEqual([receiver.received.length, await failures()], [4, [[0, false]]]);
  } finally {
    await receiver.close();
  }
});
