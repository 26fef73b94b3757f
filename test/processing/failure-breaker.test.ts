import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { createFailureBreaker, isOurFault } from '../../src/processing/failure-breaker.ts';
import { startWorker } from '../../src/processing/worker.ts';
import { at, toyOrder } from '../reconciliation/support.ts';
import { manualClock } from '../support/clock.ts';
import { testWithContext } from '../support/context.ts';
import { memoryLog } from '../support/log.ts';
import { until } from '../support/until.ts';

function brakeTest() {
  const clock = manualClock();
  const said: string[] = [];
  const alerts = {
    open: ({ code }: { code: string }) => void said.push(`open ${code}`),
    update: () => {},
    close: (code: string) => void said.push(`close ${code}`),
  };
  return { clock, said, brake: createFailureBreaker({ alerts, clock, log: memoryLog() }) };
}

test('processing pauses when more than half of the last fifty attempts fail because of internal errors, and not when fewer do', () => {
  const { brake, said } = brakeTest();
  for (let n = 0; n < 50; n++) brake.note({ resource: `order:${n}`, failedByUs: n % 2 === 0 });
  assert.equal(brake.permits(), 'all');
  brake.note({ resource: 'order:x', failedByUs: true });
  brake.note({ resource: 'order:y', failedByUs: true });
  assert.equal(brake.permits(), 'none');
  assert.deepEqual(said, ['open working_paused']);
});

test('a single failing resource, however often it fails, does not pause processing', () => {
  const { brake } = brakeTest();
  for (let n = 0; n < 100; n++) brake.note({ resource: `order:${n % 4}`, failedByUs: true });
  assert.equal(brake.permits(), 'all');
});

test('after a minute one delivery is tried: if it fails processing pauses for another minute, else it resumes', () => {
  const { brake, clock, said } = brakeTest();
  for (let n = 0; n < 26; n++) brake.note({ resource: `order:${n}`, failedByUs: true });
  clock.advance(59_999);
  assert.equal(brake.permits(), 'none');
  clock.advance(1);
  assert.equal(brake.permits(), 'one');
  brake.note({ resource: 'order:1', failedByUs: true });
  assert.equal(brake.permits(), 'none');
  clock.advance(60_000);
  brake.note({ resource: 'order:1', failedByUs: false });
  assert.equal(brake.permits(), 'all');
  assert.equal(said.at(-1), 'close working_paused');
});

test('a failing platform and an unreadable body are not internal errors', () => {
  assert.equal(isOurFault({ end: 'failed', error: new RemoteFailure('remote_unavailable', 'answered 500', 500) }), false);
  assert.equal(isOurFault({ end: 'failed', error: new Error('a bug') }), true);
  assert.equal(isOurFault({ end: 'done' }), false);
});

testWithContext(
  'an internal error causes no dead letters: processing pauses, intake continues, and everything is processed afterwards',
  async (run) => {
    let broken = true;
    const { platform } = run.connection;
    const interpret: typeof platform.interpret = (delivery, settings) => {
      if (broken) throw new Error('a fault of ours');
      return platform.interpret(delivery, settings);
    };
    run.connection.platform = { ...platform, interpret };
    const count = async (state: string) =>
      Number(
        (await run.context.db.read.all<{ count: number }>('select count(*) as count from deliveries where state = ?', [state]))[0]?.count,
      );
    for (let n = 0; n < 30; n++) await run.send({ id: `e${n}`, type: 'order', order: toyOrder(`PO${n}`, at(n)) });
    const worker = startWorker(run.context);
    try {
      await until(
        'processing is paused',
        () => run.alerts.map(({ code }) => code),
        (codes) => codes.includes('working_paused'),
        run.log.written,
      );
      run.clock.advance(30_000);
      await run.send({ id: 'late', type: 'order', order: toyOrder('LATE', at(1)) });
      assert.equal(await count('dead'), 0);
      assert.equal(await count('done'), 0);
      broken = false;
      run.clock.advance(31_000);
      await until(
        'all deliveries are done',
        () => count('done'),
        (done) => done === 31,
        run.log.written,
      );
    } finally {
      await worker.stop();
    }
  },
);
