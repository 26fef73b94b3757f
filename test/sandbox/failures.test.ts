import assert from 'node:assert/strict';
import test from 'node:test';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { createFailureInjector, type FailureRates } from '../../src/sandbox/demo/failures.ts';
import type { Sender } from '../../src/sandbox/sender.ts';
import { createWorld } from '../../src/sandbox/world.ts';

const world = createWorld(tradecloud, { seed: 'a', baseUrl: 'http://127.0.0.1:1', now: () => new Date(0) });
const webhook = (externalId: string): OutgoingWebhook => ({
  method: 'POST',
  path: '',
  headers: {},
  body: externalId,
  eventType: 'made',
  subject: { kind: 'order', externalId },
});

interface Day {
  rates?: Partial<FailureRates>;
  mayBeLost?: boolean;
  attempts?: number;
}

function day({ rates = {}, mayBeLost = true, attempts = 1 }: Day) {
  const arrived: string[] = [];
  const waiting: (() => void)[] = [];
  const sender: Sender = {
    counts: { sent: 0, accepted: 0, duplicates: 0, refused: 0, retries: 0, givenUp: 0 },
    async send(_connection, _answers, { body }) {
      arrived.push(body);
      return { delivered: true, attempts, answer: { status: 202, retryAfterMs: null, body: '' } };
    },
  };
  const injector = createFailureInjector({
    sender,
    random: () => 0.5,
    sleep: () => new Promise<void>((resolve) => waiting.push(resolve)),
    rates: { dropped: 0, duplicated: 0, delayed: 0, longestMs: 100, ...rates },
    mayBeLost: () => mayBeLost,
  });
  return { injector, arrived, wake: () => waiting.splice(0).forEach((resume) => void resume()) };
}

test('without failures everything arrives once, and nothing else', async () => {
  const { injector, arrived } = day({});
  injector.deliver(world, webhook('1'));
  await injector.settle();
  assert.deepEqual(arrived, ['1']);
  assert.deepEqual([...injector.outcomes], [['sandbox-tradecloud order:1', new Set(['taken'])]]);
});

test('a lost webhook does not arrive, and is recorded by its subject', async () => {
  const { injector, arrived } = day({ rates: { dropped: 1 } });
  injector.deliver(world, webhook('1'));
  await injector.settle();
  assert.deepEqual(arrived, []);
  assert.deepEqual([...injector.outcomes], [['sandbox-tradecloud order:1', new Set(['lost'])]]);
  assert.equal(injector.counts.dropped, 1);
});

test('webhooks that could not be recovered are never dropped', async () => {
  const { injector, arrived } = day({ rates: { dropped: 1 }, mayBeLost: false });
  injector.deliver(world, webhook('1'));
  await injector.settle();
  assert.deepEqual(arrived, ['1']);
});

test('a delayed webhook is overtaken by the next one', async () => {
  const { injector, arrived, wake } = day({ rates: { delayed: 1 } });
  injector.deliver(world, webhook('early'));
  const good = day({});
  good.injector.deliver(world, webhook('late'));
  await good.injector.settle();
  assert.deepEqual(arrived, [], 'it is still on its way');
  wake();
  await injector.settle();
  assert.deepEqual(arrived, ['early']);
  assert.equal(injector.counts.delayed, 1);
  assert.ok(injector.outcomes.get('sandbox-tradecloud order:early')?.has('late'));
});

test('a repeated webhook arrives twice', async () => {
  const { injector, arrived, wake } = day({ rates: { duplicated: 1 } });
  injector.deliver(world, webhook('1'));
  wake();
  await injector.settle();
  assert.deepEqual(arrived, ['1', '1']);
});

test('a webhook that needed several attempts was late', async () => {
  const { injector } = day({ attempts: 3 });
  injector.deliver(world, webhook('1'));
  await injector.settle();
  assert.deepEqual([...injector.outcomes], [['sandbox-tradecloud order:1', new Set(['late'])]]);
});

test('a change without a webhook is recorded as such', () => {
  const { injector } = day({});
  injector.noteSilence(world, 'order:1');
  assert.deepEqual([...injector.outcomes], [['sandbox-tradecloud order:1', new Set(['silent'])]]);
});
