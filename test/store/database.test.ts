import assert from 'node:assert/strict';
import test from 'node:test';
import { ENGINES, openTestDatabase } from '../support/engines.ts';

for (const engine of ENGINES) {
  test(`a transaction that throws leaves nothing behind (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine);
    try {
      await assert.rejects(
        db.write(async (sql) => {
          await sql.all('insert into secrets (name, value) values (?, ?)', ['a', 'b']);
          throw new Error('no');
        }),
        /^Error: no$/,
      );
      assert.deepEqual(await db.read.all('select * from secrets'), []);
    } finally {
      await close();
    }
  });
}
