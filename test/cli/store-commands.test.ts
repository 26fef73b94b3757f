import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readConnections } from '../../src/connections.ts';
import { createReceiver } from '../../src/intake/receive-webhook.ts';
import { openContext } from '../../src/open-context.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { processDeliveries } from '../../src/processing/process-deliveries.ts';
import { createWorld } from '../../src/sandbox/world.ts';
import { readSettings } from '../../src/settings.ts';
import { incoming } from '../support/incoming.ts';
import { memoryLog } from '../support/log.ts';
import { type Place, place, run } from './run.ts';

const START = '2026-03-01T08:00:00.000Z';

/** A store with these many orders of the simulated Tradecloud, and one body that cannot be read. */
async function filled(t: test.TestContext, orders: number): Promise<Place> {
  const here = await place(t);
  const tradecloud = PLATFORMS.find((platform) => platform.name === 'tradecloud');
  assert.ok(tradecloud);
  const world = createWorld(tradecloud, { seed: 'a', baseUrl: 'http://127.0.0.1:1/tradecloud', now: () => new Date(START) });
  const connections = readConnections(JSON.stringify({ connections: { shop: world.entry } }), {}, PLATFORMS);
  const context = await openContext(readSettings(here.env, { terminal: false }), connections, { log: memoryLog() }, () => ({
    open: () => {},
    update: () => {},
    close: () => {},
  }));
  const receiver = createReceiver(context, { maxBacklog: 1000, backlog: () => 0 });
  const take = (body: string) =>
    receiver.receive(connections[0] as Connection, incoming(requestOf(body)), { accepts: async () => true, now: new Date() });
  for (let count = 0; count < orders; count++) {
    const [webhook] = world.trigger({ connection: world.connection, eventType: 'OrderIssuedByBuyer', at: START });
    await take(webhook?.body ?? '');
  }
  await take('{').catch(() => {});
  while ((await processDeliveries(context)) > 0);
  await receiver.stop();
  await context.close();
  return here;
}

const requestOf = (body: string) => ({
  method: 'POST' as const,
  path: '/orders',
  params: {},
  query: {},
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(body),
  format: 'json' as const,
  url: 'http://127.0.0.1/webhooks/shop/orders',
  receivedAt: new Date(),
  remoteAddress: '127.0.0.1',
});

test('migrate updates the tables, once, and --status reports it', async (t) => {
  const { env } = await place(t);
  const before = JSON.parse((await run(env, 'migrate', '--status', '--json')).out);
  assert.ok(before.missing > 0);
  const migrated = JSON.parse((await run(env, 'migrate', '--json')).out);
  assert.equal(migrated.applied.length, before.missing);
  assert.equal(migrated.missing, 0);
  assert.match((await run(env, 'migrate')).out, /up to date/);
});

test('a key is shown once, listed without its value, and revoked', async (t) => {
  const { env } = await place(t);
  const { out } = await run(env, 'keys', 'create', 'erp', '--role', 'operator');
  assert.match(out, /^od_[\w-]{43}\n$/);
  const listed = await run(env, 'keys', 'list', '--json');
  assert.deepEqual(
    JSON.parse(listed.out).map(({ name, role }: { name: string; role: string }) => ({ name, role })),
    [{ name: 'erp', role: 'operator' }],
  );
  assert.ok(!listed.out.includes(out.trim()));
  assert.equal((await run(env, 'keys', 'create', 'erp')).code, 1, 'the name is taken');
  assert.equal((await run(env, 'keys', 'revoke', 'erp')).code, 0);
  assert.equal((await run(env, 'keys', 'revoke', 'erp')).code, 1, 'it is gone');
  assert.equal((await run(env, 'keys', 'create', 'a b')).code, 1, 'no name for a key');
});

test('a key of API_KEYS is neither revoked nor created again, as the API answers', async (t) => {
  const { env } = await place(t);
  const withKeys = { ...env, API_KEYS: 'till:reader:0123456789abcdef0123456789abcdef' };
  const revoked = await run(withKeys, 'keys', 'revoke', 'till');
  assert.deepEqual(
    [revoked.code, /The key till is configured in API_KEYS and must be removed there\./.test(revoked.err)],
    [1, true],
    revoked.err,
  );
  const created = await run(withKeys, 'keys', 'create', 'till');
  assert.deepEqual(
    [created.code, created.out, /A key named till is configured in API_KEYS\./.test(created.err)],
    [1, '', true],
    created.err,
  );
  assert.equal((await run(env, 'keys', 'create', 'till')).code, 0);
  assert.equal((await run(withKeys, 'keys', 'revoke', 'till')).code, 0, 'a stored key of this name can be revoked');
});

test('deliveries are listed, newest first, by their state', async (t) => {
  const { env } = await filled(t, 2);
  const all = JSON.parse((await run(env, 'deliveries', '--json')).out);
  assert.deepEqual(
    all.map(({ state }: { state: string }) => state),
    ['dead', 'done', 'done'],
  );
  assert.equal(JSON.parse((await run(env, 'deliveries', '--state', 'dead', '--json')).out).length, 1);
  assert.equal(JSON.parse((await run(env, 'deliveries', '--limit', '1', '--json')).out).length, 1);
  assert.match((await run(env, 'deliveries', '--connection', 'nobody')).out, /No matching deliveries/);
  assert.match((await run(env, 'deliveries')).out, /^ID +RECEIVED +CONNECTION/);
});

test('a replay is previewed without changing anything, and then processes the selected deliveries', async (t) => {
  const { env } = await filled(t, 2);
  const preview = JSON.parse((await run(env, 'replay', '--state', 'done', '--preview', '--json')).out);
  assert.deepEqual({ number: preview.number, changes: preview.changes }, { number: 2, changes: [] });
  assert.equal(JSON.parse((await run(env, 'deliveries', '--state', 'pending', '--json')).out).length, 0);
  assert.deepEqual(JSON.parse((await run(env, 'replay', '--state', 'done', '--json')).out), { number: 2 });
  assert.equal(JSON.parse((await run(env, 'deliveries', '--state', 'pending', '--json')).out).length, 2);
});

test('a replay requires criteria, and fails for a delivery that does not exist', async (t) => {
  const { env } = await place(t);
  assert.equal((await run(env, 'replay')).code, 1);
  assert.match((await run(env, 'replay', 'nobody')).err, /There is no delivery nobody/);
  assert.match((await run(env, 'replay', '--from', 'yesterday')).err, /--from/);
});

test('pending deliveries are retried immediately, dead ones dismissed, and the audit says by whom', async (t) => {
  const { env } = await filled(t, 1);
  const json = async (...words: string[]) => JSON.parse((await run(env, ...words, '--json')).out);
  const [dead] = await json('deliveries', '--state', 'dead');
  assert.deepEqual(await json('retry'), { number: 0 });
  assert.equal((await run(env, 'dismiss')).code, 1);
  assert.match((await run(env, 'dismiss', 'nobody')).err, /There is no delivery nobody/);
  assert.deepEqual(await json('dismiss', dead.id, '--note', 'sent again'), { number: 1 });
  const [handled] = await json('deliveries', '--state', 'handled');
  assert.deepEqual([handled.id, handled.handled.note, handled.handled.by], [dead.id, 'sent again', userInfo().username]);
  assert.match((await run(env, 'dismiss', dead.id)).err, /only a dead one/);
  assert.deepEqual(await json('deliveries', '--event', 'no such event'), []);
});

test('orders are exported as JSON lines with all their lines, and as CSV with a row for each line', async (t) => {
  const { env } = await filled(t, 3);
  const { out } = await run(env, 'export', 'orders');
  const orders = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(orders.length, 3);
  const lines = orders.reduce((sum, order) => sum + order.lines.length, 0);
  const csv = (await run(env, 'export', 'orders', '--format', 'csv')).out.trimEnd().split('\r\n');
  assert.match(csv[0] ?? '', /^id,connection,platform,externalId,number,.*,line\.quantity,/);
  assert.equal(csv.length, 1 + lines);
  assert.equal((await run(env, 'export', 'orders', '--status', 'Nowhere', '--format', 'csv')).out.trimEnd().split('\r\n').length, 1);
  assert.equal((await run(env, 'export', 'shipments')).out, '');
});

test('an option that would have no effect on an export is rejected', async (t) => {
  const { env } = await filled(t, 1);
  for (const words of ['changes --status Open', 'orders --after 1', 'orders --format csv --include source']) {
    const { code, out, err } = await run(env, 'export', ...words.split(' '));
    assert.deepEqual([code, out], [1, ''], words);
    assert.match(err, /^--\S+ has no effect on an export of /, words);
  }
});

test('changes are exported from a given position, and the next position is printed', async (t) => {
  const { env } = await filled(t, 3);
  const all = await run(env, 'export', 'changes', '--json');
  assert.equal(all.out.trimEnd().split('\n').length, 3);
  const { next } = JSON.parse(all.err);
  assert.equal((await run(env, 'export', 'changes', '--after', next)).out, '');
  assert.equal((await run(env, 'export', 'changes', '--after', 'x')).code, 1);
});

test('an export to a file does not overwrite another one, and only its owner can read it', async (t) => {
  const { env, dir } = await filled(t, 1);
  const path = join(dir, 'orders.jsonl');
  assert.equal((await run(env, 'export', 'orders', '--output', path)).code, 0);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.match((await run(env, 'export', 'orders', '--output', path)).err, /already exists/);
  assert.equal((await run(env, 'export', 'orders', '--output', path, '--force')).code, 0);
});

test('an interrupted export resumes at a safe position, and produces the same file as an uninterrupted one', async (t) => {
  const { env, dir } = await filled(t, 4);
  const [whole, broken] = [join(dir, 'whole.csv'), join(dir, 'broken.csv')];
  await run(env, 'export', 'changes', '--format', 'csv', '--output', whole);
  const text = await readFile(whole, 'utf8');
  // As after a crash: two entries are complete, and a part of the third was written after them.
  const [head = '', one = '', two = '', three = ''] = text.split(/(?<=\r\n)/);
  const certain = head + one + two;
  await writeFile(broken, certain + three.slice(0, 20));
  const cursor = two.split(',')[0] ?? '';
  const asked = JSON.stringify(['changes', 'csv', null, null, null, null, null]);
  await writeFile(`${broken}.unfinished`, JSON.stringify({ position: cursor, rows: 2, asked, bytes: Buffer.byteLength(certain) }));

  assert.match((await run(env, 'export', 'changes', '--output', broken)).err, /start of a different export/);
  assert.equal((await run(env, 'export', 'changes', '--format', 'csv', '--output', broken)).code, 0);
  assert.equal(await readFile(broken, 'utf8'), text);
  await assert.rejects(stat(`${broken}.unfinished`), 'nothing is left of the interruption');
});
