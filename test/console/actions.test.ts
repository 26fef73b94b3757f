import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import { insertAudit } from '../../src/store/access/audit.ts';
import { announce, documentOf } from '../documents/announced.ts';
import { askAs, fill, KEYS, openConsole, pressAs } from './support.ts';

test('readers see no button except sign-out, and cannot perform any action', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/');
  assert.deepEqual(
    [...text.matchAll(/<button[^>]*>([^<]+)/g)].map((match) => match[1]),
    ['UTC', 'Sign out'],
  );
  assert.doesNotMatch(text, /href="\/console\/keys"/);
  for (const path of [
    '/connections/toy/reconcile',
    '/deliveries/replay',
    '/documents/x/fetch',
    '/deliveries/retry',
    '/deliveries/selected',
    '/deliveries/dismiss',
    '/documents/fetch',
    '/alerts/x/acknowledge',
    '/alerts/x/mute',
    '/consumers/x/drop',
    '/keys',
    '/keys/x/revoke',
  ]) {
    const { status, text: page } = await pressAs(console.app, 'reader', `/console${path}`);
    assert.equal(status, 403, path);
    assert.match(page, /key.+s role is reader/);
  }
  assert.equal((await askAs(console.app, 'reader', '/console/deliveries/replay')).status, 403);
  assert.deepEqual(console.pressed, []);
});

test('only admins can manage keys', async (t) => {
  const { app } = await openConsole(t);
  assert.equal((await askAs(app, 'operator', '/console/keys')).status, 403);
  assert.equal((await pressAs(app, 'operator', '/console/keys', { name: 'mine', role: 'admin' })).status, 403);
});

test('an admin creates a key, which is shown once, and revokes it', async (t) => {
  const console = await openConsole(t);
  const made = await pressAs(console.app, 'admin', '/console/keys', { name: 'erp', role: 'reader' });
  assert.equal(made.status, 201);
  const [key = ''] = /od_[\w-]{43}/.exec(made.text) ?? [];
  assert.deepEqual(await console.ports.findKey('erp', key), { name: 'erp', role: 'reader', scope: null });
  const limited = await pressAs(console.app, 'admin', '/console/keys', { name: 'shop', role: 'reader', connections: 'toy, other' });
  assert.equal(limited.status, 201);
  assert.match(limited.text, /<td>connections toy, other<\/td>/);
  const list = await askAs(console.app, 'admin', '/console/keys');
  assert.ok(list.text.includes('erp') && !list.text.includes(key));
  assert.equal((await pressAs(console.app, 'admin', '/console/keys', { name: 'erp', role: 'reader' })).status, 409);
  assert.equal((await pressAs(console.app, 'admin', '/console/keys', { name: 'admin', role: 'reader' })).status, 409);
  assert.equal((await pressAs(console.app, 'admin', '/console/keys', { name: 'no good', role: 'reader' })).status, 400);
  assert.equal((await pressAs(console.app, 'admin', '/console/keys/erp/revoke')).status, 303);
  assert.equal(await console.ports.findKey('erp', key), null);
});

test('readers and limited keys see on the Activity page only their own part', async (t) => {
  const console = await openConsole(t);
  const made = await pressAs(console.app, 'admin', '/console/keys', { name: 'shop', role: 'operator', connections: 'toy' });
  const [key = ''] = /od_[\w-]{43}/.exec(made.text) ?? [];
  const entry = {
    at: '2026-03-01T08:00:00.000Z',
    via: 'api',
    address: null,
    action: 'key.create',
    result: 'done',
    requestId: null,
  } as const;
  for (const who of ['reader', 'shop', 'admin'])
    await console.context.db.write((sql) =>
      insertAudit(sql, { ...entry, who, keyName: who, target: `key:made-by-${who}`, connection: null, details: {} }),
    );
  const shown = async (name: string, secret: string) =>
    (await request(console.app).get('/console/activity').auth(name, secret)).text.match(/made-by-\w+/g)?.toSorted();
  assert.deepEqual(await shown('operator', KEYS.operator), ['made-by-admin', 'made-by-reader', 'made-by-shop']);
  assert.deepEqual(await shown('reader', KEYS.reader), ['made-by-reader']);
  assert.deepEqual(await shown('shop', key), ['made-by-shop']);
});

test('a replay is previewed before it is confirmed', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { rows } = { rows: await console.context.db.read.all<{ id: string }>(`select id from deliveries where event_id = 'event-odd'`) };
  const id = rows[0]?.id ?? '';
  console.told.preview = [
    {
      deliveryId: id,
      connection: 'toy',
      kind: 'order',
      externalId: 'PO8',
      action: 'updated',
      lines: ['0002'],
      diff: [{ path: '/lines/0002/quantity', before: '1', after: '2' }],
    },
  ];
  const preview = await askAs(console.app, 'operator', `/console/deliveries/${id}/replay`);
  assert.match(preview.text, /1 selected, 1 compared: 1 entity updated\./);
  assert.match(preview.text, /Nothing has been changed yet/);
  assert.match(preview.text, /<code>\/lines\/0002\/quantity<\/code>/);
  assert.deepEqual(console.pressed, []);
  const done = await pressAs(console.app, 'operator', '/console/deliveries/replay', { id, fetch: 'recorded' });
  assert.deepEqual([done.status, done.headers.location], [303, '/console/replays/replay-1']);
  const all = await pressAs(console.app, 'operator', '/console/deliveries/replay', { fetch: 'recorded' });
  assert.equal(all.status, 400, 'never every delivery there is');
  await pressAs(console.app, 'operator', '/console/deliveries/replay', { state: 'dead', connection: 'toy' });
  assert.equal(console.pressed.length, 2);
  assert.match(console.pressed[0] ?? '', new RegExp(`^replay .*"ids":\\["${id}"\\].* recorded replay-1$`));
  assert.match(console.pressed[1] ?? '', /^replay \{"state":"dead","connection":"toy".* fresh replay-1$/);
});

test('a time that cannot be read is refused, and does not widen the selection', async (t) => {
  const console = await openConsole(t);
  for (const page of ['/deliveries', '/deliveries/replay', '/deliveries/dismiss', '/activity', '/feed']) {
    const name = page === '/feed' ? 'until' : 'from';
    const { status, text } = await askAs(console.app, 'operator', `/console${page}?connection=toy&${name}=1.3.2026`);
    assert.equal(status, 400, page);
    assert.match(text, /“1\.3\.2026” is not a time\. Enter it as 2026-03-01T07:00\./, page);
  }
  const pressed = await pressAs(console.app, 'operator', '/console/deliveries/replay', { connection: 'toy', from: '1.3.2026' });
  assert.equal(pressed.status, 400);
  assert.deepEqual(console.pressed, []);
});

test('selected deliveries are retried immediately; replaying and dismissing ask for confirmation', async (t) => {
  const console = await openConsole(t);
  const press = async (verb: string) =>
    (await pressAs(console.app, 'operator', '/console/deliveries/selected', { do: verb, id: 'd1' })).headers.location;
  assert.deepEqual(
    [await press('replay'), await press('dismiss'), await press('retry')],
    ['/console/deliveries/replay?id=d1', '/console/deliveries/dismiss?id=d1', '/console/deliveries'],
  );
  assert.deepEqual(console.pressed, ['retry {"ids":["d1"]}']);
  assert.equal((await pressAs(console.app, 'operator', '/console/deliveries/selected', { do: 'retry' })).status, 400);
  const form = await askAs(console.app, 'operator', '/console/deliveries/dismiss?id=d1');
  assert.match(form.text, /No failed delivery matches/);
});

test('a reconcile run is started with one click, and its page is shown', async (t) => {
  const console = await openConsole(t);
  const { status, headers } = await pressAs(console.app, 'operator', '/console/connections/toy/reconcile');
  assert.deepEqual([status, headers.location, console.pressed], [303, '/console/reconcile-runs/run-1', ['reconcile toy']]);
});

test('a document that failed permanently is fetched again with one click; a stored one is downloaded as a file', async (t) => {
  const console = await openConsole(t);
  await announce(console.context, { key: 'a', name: '../terms "v2".pdf' }, { key: 'b' });
  await console.context.db.write((sql) =>
    sql.all(`update documents set state = 'failed', error = 'remote_timeout: slow' where id = 'doc-a'`),
  );
  const list = await askAs(console.app, 'operator', '/console/documents');
  assert.match(list.text, /1 document failed: fix the cause below .* 1 document is still being fetched automatically/);
  assert.equal((await pressAs(console.app, 'operator', '/console/documents/doc-a/fetch')).status, 303);
  assert.equal((await documentOf(console.context, 'a')).state, 'announced');

  await console.context.db.write((sql) =>
    sql.all(`update documents set state = 'stored', sha256 = ?, bytes = 15, content_type = 'text/html' where id = 'doc-a'`, [
      'f'.repeat(64),
    ]),
  );
  const { headers, body } = await askAs(console.app, 'reader', '/console/documents/doc-a/content');
  assert.equal((body as Buffer).toString(), 'content of ffff');
  assert.match(headers['content-disposition'] ?? '', /^attachment; filename="terms _v2_\.pdf"$/);
  assert.equal(headers['content-type'], 'application/octet-stream');
});

test('a consumer is deleted only by typing its name, after a warning about what is deleted with it', async (t) => {
  const console = await openConsole(t);
  await console.context.db.write((sql) =>
    sql.all(
      `insert into consumers (name, position, filter, created_at) values ('old', 0, '{"kinds":null,"connections":null}', '2026-03-01T07:00:00.000Z')`,
    ),
  );
  const asked = await askAs(console.app, 'operator', '/console/consumers/old/delete');
  assert.match(asked.text, /all its receipts are deleted.*reads everything from the beginning/);
  for (const members of [{}, { confirm: 'other' }] as Record<string, string>[]) {
    const kept = await pressAs(console.app, 'operator', '/console/consumers/old/drop', members);
    assert.equal(kept.status, 400);
    assert.match(kept.text, /Nothing was deleted: type “old” exactly/);
  }
  assert.equal((await console.context.db.read.all('select name from consumers')).length, 1);
  await pressAs(console.app, 'operator', '/console/consumers/old/drop', { confirm: 'old' });
  assert.deepEqual(await console.context.db.read.all('select name from consumers'), []);
  assert.equal((await pressAs(console.app, 'operator', '/console/consumers/old/drop', { confirm: 'old' })).status, 404);
});
