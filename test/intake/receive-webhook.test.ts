import assert from 'node:assert/strict';
import test from 'node:test';
import { createReceiver } from '../../src/intake/receive-webhook.ts';
import type { AnyPlatform } from '../../src/platforms/contract/platform.ts';
import { createTestContext, inbound } from '../support/context.ts';

const never = () => new Promise<never>(() => {});

test("a request that cannot be stored in time is answered 503, and sooner if the sender's timeout is shorter", async (t) => {
  const run = await createTestContext('sqlite');
  try {
    const db = { ...run.context.db, write: never, change: never, alone: { ...run.context.db.alone, all: never } };
    const receiver = createReceiver({ ...run.context, db }, { maxBacklog: 10, backlog: () => 0 });
    const hasty: AnyPlatform = {
      ...run.connection.platform,
      retryPolicy: { ...run.connection.platform.retryPolicy, answerWithinMs: 4500 },
    };
    t.mock.timers.enable({ apis: ['setTimeout'] });
    for (const [platform, answerWithinMs] of [
      [run.connection.platform, 9000],
      [hasty, 4500],
    ] as const) {
      let code = '';
      const checker = { accepts: async () => false, now: run.clock.now() };
      const event = inbound({ id: `e-${answerWithinMs}`, type: 'order' }, run.clock);
      const answered = receiver.receive({ ...run.connection, platform }, event, checker).catch((error) => (code = error.code));
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      t.mock.timers.tick(answerWithinMs - 1);
      await new Promise(setImmediate);
      assert.equal(code, '');
      t.mock.timers.tick(1);
      await answered;
      assert.equal(code, 'too_slow');
    }
  } finally {
    t.mock.timers.reset();
    await run.close();
  }
});
