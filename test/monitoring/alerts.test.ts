import assert from 'node:assert/strict';
import type { Alert } from '../../src/domain/alert.ts';
import { currentRequest, runInRequest } from '../../src/domain/current-request.ts';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { type AlertDispatcher, type AlertMessage, createAlerts } from '../../src/monitoring/alerts.ts';
import { inbound, type TestContext, testWithContext } from '../support/context.ts';

interface AlertTest extends TestContext {
  desk: AlertDispatcher;
  sent: AlertMessage[];
  /** The ids of the requests in whose context the messages were sent. */
  sentIn: (string | null)[];
  failing: { post: Error | null };
}

const testAlerts = (name: string, body: (test: AlertTest) => Promise<void>) =>
  testWithContext(name, async (test) => {
    const sent: AlertMessage[] = [];
    const sentIn: AlertTest['sentIn'] = [];
    const failing: AlertTest['failing'] = { post: null };
    const { db } = test.context;
    const post = async (message: AlertMessage) => {
      if (failing.post) throw failing.post;
      sent.push(message);
      sentIn.push(currentRequest()?.requestId ?? null);
    };
    const desk = createAlerts({ db, clock: test.clock, log: test.log, post });
    try {
      await body({ ...test, desk, sent, sentIn, failing });
    } finally {
      await desk.settled();
    }
  });

const dead: Alert = {
  level: 'warning',
  code: 'delivery_dead',
  text: 'toy: a delivery is dead.',
  connection: 'toy',
  details: { deliveryId: 'd1' },
};

testAlerts('an alert is sent once an hour while its state lasts, and once more when it has ended', async ({ desk, sent, clock, log }) => {
  for (let n = 0; n < 100; n++) desk.open(dead);
  await desk.settled();
  clock.advance(30 * 60_000);
  desk.open(dead);
  await desk.settled();
  assert.equal(sent.length, 1);
  assert.deepEqual(
    { ...sent[0], details: null },
    { level: 'warning', code: 'delivery_dead', text: dead.text, connection: 'toy', at: '2026-03-01T08:00:00.000Z', details: null },
  );
  clock.advance(30 * 60_000);
  desk.open(dead);
  await desk.settled();
  assert.equal(sent.length, 2);
  assert.equal(sent[1]?.details.count, 102);
  desk.close('delivery_dead', 'toy', 'toy: no dead deliveries are left.');
  desk.close('delivery_dead', 'toy', 'toy: no dead deliveries are left.');
  await desk.settled();
  assert.equal(sent.length, 3);
  assert.equal(sent[2]?.text, 'toy: no dead deliveries are left.');
  assert.equal(log.lines.filter((line) => line.event === 'alert').length, 2);
});

testAlerts('a state that recurs after its end is a new alert', async ({ desk, sent }) => {
  desk.open(dead);
  await desk.settled();
  desk.close('delivery_dead', 'toy', 'over');
  await desk.settled();
  desk.open(dead);
  await desk.settled();
  assert.deepEqual(
    sent.map((message) => message.details.closed ?? false),
    [false, true, false],
  );
});

testAlerts('closing an alert that was never opened sends nothing', async ({ desk, sent, log }) => {
  desk.close('delivery_dead', 'toy', 'over');
  await desk.settled();
  assert.deepEqual(sent, []);
  assert.deepEqual(log.lines, []);
});

testAlerts('a state that gets worse is sent immediately; connections have separate alerts', async ({ desk, sent }) => {
  desk.open(dead);
  await desk.settled();
  desk.open({ ...dead, level: 'critical' });
  await desk.settled();
  desk.open({ ...dead, connection: 'other' });
  await desk.settled();
  assert.deepEqual(
    sent.map((message) => [message.level, message.connection]),
    [
      ['warning', 'toy'],
      ['critical', 'toy'],
      ['warning', 'other'],
    ],
  );
});

testAlerts('two processes share what was sent', async ({ desk, sent, another }) => {
  const other = await another('two:0:test');
  const second = createAlerts({
    db: other.context.db,
    clock: other.clock,
    log: other.log,
    post: async (message) => void sent.push(message),
  });
  try {
    desk.open(dead);
    second.open(dead);
    await Promise.all([desk.settled(), second.settled()]);
    assert.equal(sent.length, 1);
    second.close('delivery_dead', 'toy', 'over');
    await second.settled();
    assert.equal(sent.length, 2);
  } finally {
    await other.close();
  }
});

testAlerts('a message that was not accepted stays due and is sent with the next check', async ({ desk, sent, failing, log, clock }) => {
  failing.post = new Error('the channel is gone');
  desk.open(dead);
  await desk.settled();
  assert.equal(
    log.lines.some((line) => line.event === 'alert_not_sent'),
    true,
  );
  failing.post = null;
  clock.advance(10_000);
  await desk.resend();
  await desk.resend();
  assert.equal(sent.length, 1);
});

testAlerts(
  'an alert that is raised again and again does not call a receiver each time that fails',
  async ({ desk, failing, log, clock }) => {
    failing.post = new Error('the channel is gone');
    for (let time = 0; time < 5; time++) {
      desk.open(dead);
      await desk.settled();
      clock.advance(1000);
    }
    const events = log.lines.map(({ event }) => event);
    assert.deepEqual(
      events.filter((event) => event.startsWith('alert')),
      ['alert', 'alert_not_sent'],
    );
  },
);

testAlerts('an alert receiver that asks for a pause is not called before it ends, by any process, for any alert', async (test) => {
  const { desk, sent, failing, clock, log, another } = test;
  const closing = { ...dead, code: 'silence', connection: 'quiet' };
  desk.open(closing);
  await desk.settled();
  assert.equal(sent.length, 1);
  failing.post = new RemoteFailure('remote_refused', 'ALERT_WEBHOOK_URL answered 429', 429, 3_600_000);
  desk.open(dead);
  await desk.settled();
  failing.post = null;
  const other = await another('two:0:test');
  const second = createAlerts({ db: other.context.db, clock, log: other.log, post: async (message) => void sent.push(message) });
  try {
    clock.advance(3_599_000);
    await desk.resend();
    second.open({ ...dead, connection: 'other' });
    desk.close('silence', 'quiet', 'quiet: deliveries are arriving again.');
    await Promise.all([desk.settled(), second.settled()]);
    await second.resend();
    assert.equal(sent.length, 1);
    assert.ok(
      other.log.lines.some((line) => line.event === 'alert'),
      'it is logged all the same',
    );
    clock.advance(1000);
    await second.resend();
    await desk.resend();
    assert.deepEqual(
      sent
        .slice(1)
        .map(({ code, connection, details }) => [code, connection, details.closed ?? false])
        .sort(),
      [
        ['delivery_dead', 'other', false],
        ['delivery_dead', 'toy', false],
        ['silence', 'quiet', true],
      ],
    );
    assert.equal(log.lines.filter((line) => line.event === 'alert_not_sent').length, 1);
  } finally {
    await other.close();
  }
});

testAlerts(
  'a closing message that was not accepted is sent again, unless the alert has opened again',
  async ({ desk, sent, failing, clock }) => {
    desk.open(dead);
    await desk.settled();
    failing.post = new Error('the channel is gone');
    desk.close('delivery_dead', 'toy', 'over');
    await desk.settled();
    failing.post = null;
    clock.advance(10_000);
    await desk.resend();
    await desk.resend();
    assert.deepEqual(
      sent.map(({ text }) => text),
      [dead.text, 'over'],
    );
    desk.open(dead);
    await desk.settled();
    failing.post = new Error('the channel is gone');
    desk.close('delivery_dead', 'toy', 'over again');
    await desk.settled();
    failing.post = null;
    desk.open(dead);
    await desk.settled();
    clock.advance(10_000);
    await desk.resend();
    assert.equal(sent.at(-1)?.text, dead.text);
  },
);

testAlerts(
  'a delivery that is dead on arrival raises the same alert as one that dies later, once',
  async ({ alerts, clock, connection, receiver }) => {
    const send = () => receiver.receive(connection, inbound('no json', clock), { accepts: async () => false, now: clock.now() });
    await assert.rejects(send(), { code: 'invalid_body' });
    await assert.rejects(send(), { code: 'invalid_body' });
    assert.deepEqual(
      alerts.map(({ code, connection: name, level }) => [code, name, level]),
      [['delivery_dead', 'toy', 'critical']],
    );
    assert.match(alerts[0]?.text ?? '', /invalid_body: /);
  },
);

testAlerts('a message is sent in the context of the request that opened its alert, not of another that came first', async (test) => {
  const { desk, sent, sentIn } = test;
  const openIn = (requestId: string, connection: string) =>
    runInRequest({ requestId, traceparent: null, actor: null }, () => desk.open({ ...dead, connection }));
  openIn('first', 'toy');
  openIn('second', 'other');
  desk.open({ ...dead, connection: 'third' });
  await desk.settled();
  assert.deepEqual(
    sent.map(({ connection }) => connection),
    ['toy', 'other', 'third'],
  );
  assert.deepEqual(sentIn, ['first', 'second', null]);
});
