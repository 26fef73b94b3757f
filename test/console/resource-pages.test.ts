import assert from 'node:assert/strict';
import test from 'node:test';
import { replay } from '../../src/processing/replay.ts';
import { announce } from '../documents/announced.ts';
import { inbound } from '../support/context.ts';
import { askAs, fill, HEALTH, openConsole, toyOrder } from './support.ts';

test('a connection shows its health, what is verified, and which credentials the latest deliveries used', async (t) => {
  const console = await openConsole(t);
  const { text } = await askAs(console.app, 'reader', '/console/connections/toy');
  assert.match(text, /1 of 10 \(10 %\)<\/span> <span class="faint">Ten in a row and it stops\./);
  assert.match(text, /<dt>Quiet for<\/dt><dd>60 s \(normal: up to 10 min\)<\/dd>/);
  assert.match(text, /Registered webhooks[\s\S]*<code>42<\/code>[\s\S]*failed 1/);
  assert.match(text, /<td>the beginning<\/td>[\s\S]*verified/);
  assert.match(text, /<code>secret\[0\]<\/code>/);
  assert.match(text, /aria-label="No period in doubt in the last 24 hours"/);
});

test('without an API the page says so, and offers no reconcile run', async (t) => {
  const console = await openConsole(t);
  console.ports.hasApi = () => false;
  console.told.health = () => ({ ...HEALTH, circuit: null });
  console.told.coverage = [
    { from: '2026-03-01T07:00:00.000Z', to: '2026-03-01T07:00:06.000Z', state: 'unproven', reason: 'standstill', runId: null },
  ];
  for (const page of ['/console/', '/console/connections/toy', '/console/reconcile-runs']) {
    const { text } = await askAs(console.app, 'admin', page);
    assert.doesNotMatch(text, /Reconcile now|Reconcile toy now/, page);
    if (page !== '/console/reconcile-runs')
      assert.match(text, /Orderdock was down 07:00:00 to 07:00:06 \(6 s\)\. This platform has no list to compare with/);
  }
});

test('a delivery shows its headers, its formatted body, its attempts and its changes', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const list = await askAs(console.app, 'reader', '/console/deliveries?subject=order:PO7');
  const [first] = list.text.match(/\/console\/deliveries\/[0-9a-f-]{36}/) ?? [];
  assert.ok(first);
  const { text } = await askAs(console.app, 'reader', first);
  assert.match(text, /Processed\. It caused 1 change\. There is nothing to do\./);
  assert.match(text, /<span class="key">"quantity"<\/span>: "8"/, 'foldable');
  assert.match(text, /<code>content-type<\/code>/);
  assert.doesNotMatch(text, /<code>s<\/code>/, 'the secret was redacted before it was stored');
  assert.match(text, /line 0001 quantity 10 → 8/);
  const [, inside = ''] = /hx-get="(\/console\/changes\/\d+\/inside)"/.exec(text) ?? [];
  const opened = await askAs(console.app, 'reader', inside);
  assert.match(
    opened.text,
    /<code>\/lines\/0001\/quantity<\/code><\/td><td><code><del>10<\/del><\/code><\/td><td><code><ins>8<\/ins><\/code>/,
  );
});

test('an order shows its lines, and every change with before, after and why', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const found = await askAs(console.app, 'reader', '/console/find?connection=toy&kind=order&externalId=PO7');
  assert.equal(found.status, 303);
  const { text } = await askAs(console.app, 'reader', found.headers.location ?? '');
  assert.match(text, /Version 2: 2 changes so far, all of them are listed below\./);
  assert.match(text, /<span class="whole">0001<\/span>/);
  assert.match(text, /line 0001 quantity 10 → 8/);
  const [, entry = ''] = /href="(\/console\/changes\/\d+)"/.exec(text) ?? [];
  const change = await askAs(console.app, 'reader', entry);
  assert.match(change.text, /Because of <a href="\/console\/deliveries\/[0-9a-f-]+">a delivery \(order\)/);
  const [, from = '', to = ''] =
    /<select name="from"><option value="([^"]+)"[^>]*>version 1<\/option><option value="([^"]+)"/.exec(text) ?? [];
  const compared = await askAs(console.app, 'reader', `${found.headers.location}/versions?from=${from}&to=${to}`);
  assert.match(compared.text, /<code>\/lines\/0001\/quantity<\/code><\/td><td><code><del>10<\/del>/);
  const then = await askAs(console.app, 'reader', `${found.headers.location}/versions?at=2026-03-01T07:00`);
  assert.match(then.text, /it was not in the feed yet/);
  const source = await askAs(console.app, 'reader', `${found.headers.location}/source`);
  assert.equal((source.body as { lines: { quantity: string }[] }).lines[0]?.quantity, '8');
});

test('a consumer is shown with its position and its unacknowledged changes', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  await console.context.db.write((sql) =>
    sql.all(
      `insert into consumers (name, position, filter, created_at, last_read_position) values ('erp', 1, '{"kinds":null,"connections":null}', '2026-03-01T07:00:00.000Z', 1)`,
    ),
  );
  const { text } = await askAs(console.app, 'reader', '/console/consumers');
  assert.match(text, /1 consumer has changes to acknowledge, none for long/);
  assert.match(
    text,
    /<a class="open" href="\/console\/consumers\/erp">erp<\/a><\/td><td>everything<\/td><td>1 change behind, oldest 0 s<\/td>/,
  );
});

test('drift is shown with its place, its effect and an example', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/drift');
  assert.match(text, /<code>unheard-of<\/code>/);
  assert.match(text, /1 unknown event is stored but not applied: the ERP does not see their content/);
  assert.match(text, /<a class="open" href="\/console\/deliveries\/[0-9a-f-]{36}"><code>unheard-of<\/code>/);
});

test('an unknown event that was applied as a snapshot is not shown as missing, and is not offered for replay', async (t) => {
  const console = await openConsole(t);
  await console.send({ ...toyOrder('PO9', '3', '2026-03-01T07:00:00.000Z'), type: 'unheard-of-snapshot' });
  await console.settle();
  const drift = await askAs(console.app, 'operator', '/console/drift');
  assert.match(drift.text, /1 unknown event was applied as a snapshot\./);
  assert.doesNotMatch(drift.text, /not applied/);
  const deliveries = await askAs(console.app, 'operator', '/console/deliveries');
  assert.match(deliveries.text, /Applied as a snapshot: unknown event “unheard-of-snapshot”/);
  assert.doesNotMatch(deliveries.text, /[Nn]ot applied|deliveries\/replay\?/);
});

test('a filter that matches nothing does not claim that all is well', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const drift = await askAs(console.app, 'reader', '/console/drift?kind=value');
  assert.match(drift.text, /No drift matches the filter\./);
  const alerts = await askAs(console.app, 'reader', '/console/alerts?code=no_such_code');
  assert.match(alerts.text, /No open alert matches the filter\./);
});

test('a body that cannot be read is not to be replayed, also after a replay has failed', async (t) => {
  const console = await openConsole(t);
  const { receiver, connection, clock } = console;
  await assert.rejects(receiver.receive(connection, inbound('{oops', clock), { accepts: async () => false, now: clock.now() }), /not JSON/);
  const [row] = await console.context.db.read.all<{ id: string }>("select id from deliveries where state = 'dead'");
  assert.ok(row);
  const path = `/console/deliveries/${row.id}`;
  assert.match((await askAs(console.app, 'operator', path)).text, /A replay would fail again: ask the platform to send it again/);
  await replay(console.context, { ids: [row.id] }, 'fresh');
  await console.settle();
  const { text } = await askAs(console.app, 'operator', path);
  assert.match(text, /A replay would fail again: ask the platform to send it again/);
  assert.doesNotMatch(text, /Fix the cause/);
  const list = await askAs(console.app, 'operator', '/console/deliveries');
  assert.match(list.text, /<span class="faint">not readable<\/span>/);
});

test('a gap says why no webhook had reported it', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/reconcile-runs/run-1');
  assert.match(text, /The platform sent no webhook for it\./);
  assert.match(text, /nothing is missing any more/);
});

test("an order's page lists superseded and removed documents, marks each, and does not offer to fetch them again", async (t) => {
  const console = await openConsole(t);
  await announce(console.context, { key: 'old', name: 'old.pdf' }, { key: 'new', name: 'new.pdf' }, { key: 'gone', name: 'gone.pdf' });
  await console.context.db.write(async (sql) => {
    await sql.all(`update documents set state = 'failed', error = 'remote_timeout: slow'`);
    await sql.all(`update documents set superseded_by = 'doc-new' where id = 'doc-old'`);
    await sql.all(`update documents set removed_at = '2026-03-01T08:00:00.000Z' where id = 'doc-gone'`);
  });
  const { text } = await askAs(console.app, 'operator', '/console/entities/order-1');
  const rows = new Map([...text.matchAll(/<tr[^>]*>(?:(?!<\/tr>)[\s\S])*<\/tr>/g)].map(([row]) => [/(\w+)\.pdf/.exec(row)?.[1], row]));
  assert.match(rows.get('old') ?? '', /<span class="badge plain">superseded<\/span>/);
  assert.match(rows.get('gone') ?? '', /<span class="badge bad">removed<\/span>/);
  assert.doesNotMatch(rows.get('new') ?? '', /superseded|removed/);
  assert.deepEqual(
    ['old', 'new', 'gone'].map((name) => /Fetch again/.test(rows.get(name) ?? '')),
    [false, true, false],
  );
});
