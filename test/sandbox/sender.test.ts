import assert from 'node:assert/strict';
import test from 'node:test';
import type { RetryPolicy } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import type { PostAnswer } from '../../src/sandbox/post.ts';
import { createSender } from '../../src/sandbox/sender.ts';

const webhook: OutgoingWebhook = { method: 'POST', path: '/orders', headers: {}, body: '{}', eventType: 'made', subject: null };
const policy = (changes: Partial<RetryPolicy>): RetryPolicy => ({ rule: '', source: '', final: [[400, 500]], budget: null, ...changes });
const answers = (status: number): PostAnswer => ({ status, retryAfterMs: null, body: '' });

/** A sender connected to a service that answers with these statuses, one after the other; the last one stays. */
function before(statuses: readonly number[], mostAttempts = 10) {
  const urls: string[] = [];
  const waits: number[] = [];
  const sender = createSender({
    baseUrl: () => 'http://dock',
    post: async (url) => {
      urls.push(url);
      return answers(statuses[urls.length - 1] ?? statuses.at(-1) ?? 0);
    },
    sleep: async (ms) => void waits.push(ms),
    mostAttempts,
  });
  return { sender, urls, waits };
}

test('what the platform repeats is repeated, with growing delays, until it is accepted', async () => {
  const { sender, urls, waits } = before([503, 0, 503, 202]);
  const sent = await sender.send('shop', policy({}), webhook);
  assert.deepEqual({ delivered: sent.delivered, attempts: sent.attempts }, { delivered: true, attempts: 4 });
  assert.deepEqual(urls, Array(4).fill('http://dock/webhooks/shop/orders'));
  assert.deepEqual(waits, [250, 500, 1000]);
  assert.deepEqual(sender.counts, { sent: 4, accepted: 1, duplicates: 0, refused: 0, retries: 3, givenUp: 0 });
});

test('what the platform treats as final is not repeated', async () => {
  const { sender, urls } = before([401]);
  assert.equal((await sender.send('shop', policy({}), webhook)).delivered, false);
  assert.equal(urls.length, 1);
  assert.equal(sender.counts.refused, 1);
});

test('a platform that counts its attempts gives up after them, whatever else is set', async () => {
  const { sender, urls } = before([503], 50);
  const sent = await sender.send('shop', policy({ final: [], budget: { kind: 'attempts-per-event', limit: 3 } }), webhook);
  assert.equal(sent.delivered, false);
  assert.equal(urls.length, 3);
  assert.equal(sender.counts.givenUp, 1);
});

test('a duplicate counts as delivered', async () => {
  const { sender } = before([200]);
  assert.equal((await sender.send('shop', policy({}), webhook)).delivered, true);
  assert.equal(sender.counts.duplicates, 1);
});

test('an unreachable service is retried, and its new address is looked up', async () => {
  const addresses = [null, 'http://second'];
  const urls: string[] = [];
  const sender = createSender({
    baseUrl: () => addresses.shift() ?? null,
    post: async (url) => {
      urls.push(url);
      return answers(202);
    },
    sleep: async () => {},
    mostAttempts: 5,
  });
  assert.equal((await sender.send('shop', policy({}), webhook)).attempts, 2);
  assert.deepEqual(urls, ['http://second/webhooks/shop/orders']);
});

test('a stop ends the repeating', async () => {
  const stop = new AbortController();
  stop.abort();
  const sender = createSender({
    baseUrl: () => 'http://dock',
    post: async () => answers(503),
    sleep: async () => {},
    mostAttempts: 5,
    stop: stop.signal,
  });
  assert.equal((await sender.send('shop', policy({}), webhook)).attempts, 1);
});
