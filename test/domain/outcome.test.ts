import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt } from '../../src/domain/entities/delivery.ts';
import { InvalidBody, OrderdockError, PermanentFailure, RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import { type AttemptEnd, nextStep } from '../../src/domain/outcome.ts';

const before = (count: number, error = 'remote_unavailable: answered 503'): Attempt[] =>
  Array.from({ length: count }, () => ({ at: '2026-04-01T10:00:00.000Z', outcome: 'retry', error, tookMs: 5 }));
const missing = (count: number) => before(count, 'remote_missing: answered 404');
const failed = (error: unknown): AttemptEnd => ({ end: 'failed', error });
const down = failed(new RemoteFailure('remote_unavailable', 'answered 503', 503));
const gone = failed(new RemoteMissing('answered 404'));

function overflow(): unknown {
  const sink = (depth: number): number => 1 + sink(depth + 1);
  try {
    return sink(0);
  } catch (error) {
    return error;
  }
}

type Row = readonly [what: string, end: AttemptEnd, attempts: Attempt[], state: string, outcome: string | null, waitMs: number];

/** With a random number of 1: the longest delays. */
const TABLE: readonly Row[] = [
  ['an applied report', { end: 'done' }, before(3), 'done', 'done', 0],
  ['an irrelevant event', { end: 'ignored', reason: 'a test event' }, [], 'ignored', 'ignored', 0],
  ['a first failure', down, [], 'pending', 'retry', 5000],
  ['a second failure', down, before(1), 'pending', 'retry', 13_500],
  ['an eleventh failure', down, before(10), 'pending', 'retry', Math.round(5000 * 2.7 ** 10)],
  ['a twelfth failure', down, before(11), 'dead', 'dead', 0],
  ['a longer Retry-After', failed(new RemoteFailure('remote_unavailable', '', 503, 60_000)), [], 'pending', 'retry', 60_000],
  ['a shorter Retry-After', failed(new RemoteFailure('remote_unavailable', '', 503, 1000)), [], 'pending', 'retry', 5000],
  ['a 429 of the platform', failed(new RemoteFailure('remote_rate_limited', '', 429, 1000)), before(11), 'pending', null, 1000],
  ['refused credentials', failed(new RemoteFailure('platform_refuses_us', '', 401, 20_000)), before(11), 'pending', null, 20_000],
  ['a missing resource', gone, [], 'pending', 'retry', 5000],
  ['a resource that is still missing', gone, missing(2), 'pending', 'retry', 10_000],
  ['a resource that was missing four times', gone, missing(3), 'dead', 'dead', 0],
  ['other failures before a missing resource', gone, [...before(5), ...missing(2)], 'pending', 'retry', 10_000],
  ['a body that cannot be read', failed(new InvalidBody('no JSON')), [], 'dead', 'dead', 0],
  ['an excessively nested document', failed(overflow()), [], 'dead', 'dead', 0],
  ['a permanent failure', failed(new PermanentFailure('api_missing', '')), [], 'dead', 'dead', 0],
  ['an internal error', failed(new TypeError('x is undefined')), [], 'pending', 'retry', 5000],
  ['an exhausted rate limit', failed(new RemoteFailure('rate_limited_here', '', 0, 700)), before(11), 'pending', null, 700],
  ['an open circuit', failed(new RemoteFailure('circuit_open', '', 0, 30_000)), before(11), 'pending', null, 30_000],
  ['an unavailable database', failed(new OrderdockError('database_unavailable', '')), before(11), 'pending', null, 1000],
];

for (const [what, end, attempts, state, outcome, waitMs] of TABLE) {
  test(`after ${what} (${attempts.length} before) a delivery is ${state}`, () => {
    const step = nextStep(end, attempts, 1);
    assert.deepEqual({ state: step.state, outcome: step.outcome, waitMs: step.waitMs }, { state, outcome, waitMs });
  });
}

test('delays have full jitter, and a failure is reported in one line with its code', () => {
  assert.equal(nextStep(down, before(4), 0).waitMs, 0);
  assert.equal(nextStep(down, [], 0.5).waitMs, 2500);
  assert.equal(nextStep(down, [], 0).error, 'remote_unavailable: answered 503');
  assert.equal(nextStep(failed(new Error('one\n  two')), [], 0).error, 'internal: one two');
});
