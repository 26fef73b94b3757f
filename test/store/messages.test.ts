import assert from 'node:assert/strict';
import test from 'node:test';
import { openDatabase } from '../../src/store/engine/database.ts';
import { type Messages, openMessages, type Topic } from '../../src/store/engine/messages.ts';
import { createTestDatabase, ENGINES } from '../support/engines.ts';

/** Sends until something has arrived: a listener may need a moment. */
async function untilReceived(sender: Messages, received: Promise<Topic>): Promise<Topic> {
  let topic: Topic | undefined;
  void received.then((one) => {
    topic = one;
  });
  while (topic === undefined) {
    sender.send('deliveries');
    await new Promise(setImmediate);
  }
  return topic;
}

if (ENGINES.includes('postgres')) {
  test('a message from one process wakes another one on the same PostgreSQL, and never itself', async () => {
    const { url, drop } = await createTestDatabase('postgres');
    const db = await openDatabase(url);
    const [one, two] = [openMessages(url, db, 'one:1:a'), openMessages(url, db, 'two:2:b')];
    try {
      assert.equal(two.arrive(), false);
      one.listen((topic) => assert.fail(`its own message came back: ${topic}`));
      const received = Promise.withResolvers<Topic>();
      two.listen(received.resolve);
      assert.equal(await untilReceived(one, received.promise), 'deliveries');
      while (!two.arrive()) await new Promise(setImmediate);
    } finally {
      await Promise.all([one.close(), two.close()]);
      await db.close();
      await drop();
    }
  });

  test('if no messages arrive, a process knows that it has to poll', async () => {
    const [ours, elsewhere] = [await createTestDatabase('postgres'), await createTestDatabase('postgres')];
    const db = await openDatabase(ours.url);
    // As behind a pooler that uses a different connection for every statement: messages do not reach the listener.
    const messages = openMessages(elsewhere.url, db, 'one:1:a');
    try {
      messages.listen(() => assert.fail('a message arrived'));
      for (let look = 0; look < 20; look++) {
        messages.send('feed');
        await db.read.all('select 1');
      }
      assert.equal(messages.arrive(), false);
    } finally {
      await messages.close();
      await db.close();
      await Promise.all([ours.drop(), elsewhere.drop()]);
    }
  });
}

test('on SQLite no messages are sent', async () => {
  const { url, drop } = await createTestDatabase('sqlite');
  const db = await openDatabase(url);
  const messages = openMessages(url, db, 'one:1:a');
  messages.listen(() => assert.fail('a message arrived'));
  messages.send('deliveries');
  assert.equal(messages.arrive(), false);
  await messages.close();
  await db.close();
  await drop();
});
