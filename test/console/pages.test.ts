import assert from 'node:assert/strict';
import test from 'node:test';
import supertest from 'supertest';
import { announce } from '../documents/announced.ts';
import { askAs, fill, openConsole, toyOrder } from './support.ts';

const PAGES = [
  '/',
  '/connections/toy',
  '/deliveries',
  '/deliveries?state=done&connection=toy',
  '/deliveries/replay?state=dead',
  '/orders',
  '/orders?number=PO7',
  '/shipments',
  '/records',
  '/feed',
  '/feed?kind=order&connection=toy',
  '/reconcile-runs',
  '/reconcile-runs/run-1',
  '/consumers',
  '/documents',
  '/drift',
  '/alerts',
  '/keys',
];

test('every page comes, says something in one sentence, and has nothing inline and nothing from elsewhere', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  await announce(console.context, { key: 'a' });
  for (const path of PAGES) {
    const { status, text, headers } = await askAs(console.app, 'admin', `/console${path}`);
    assert.equal(status, 200, path);
    assert.match(text, /<h1>[^<]+<\/h1><div class="lead"><p[^>]*>/, path);
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i, path);
    const addresses = [...text.matchAll(/(?:src|href|action|hx-get)="([^"]*)"/g)].map((match) => match[1] ?? '');
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('/console') && address !== '#content'),
      [],
      path,
    );
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none';script-src 'self';style-src 'self'/);
    assert.equal(headers['cache-control'], 'no-store');
  }
});

test('the overview answers first whether anything was lost', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const well = await askAs(console.app, 'reader', '/console/');
  assert.match(well.text, /Was anything lost\?<\/span> No\. 1 connection is proven complete up to 2026-03-01 07:55:00 UTC\./);
  assert.match(well.text, /0 violations found/);

  console.told.coverage = [
    { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'we were not running', runId: null },
  ];
  const torn = await askAs(console.app, 'reader', '/console/');
  assert.match(torn.text, /toy: Something may be missing between 2026-03-01 05:00:00 UTC and 2026-03-01 06:00:00 UTC: we were not running/);

  await console.context.db.write((sql) => sql.all(`update deliveries set state = 'dead' where event_id = 'event-odd'`));
  const dead = await askAs(console.app, 'reader', '/console/');
  assert.match(dead.text, /toy: 1 delivery is kept but without effect\.[\s\S]*then replay them/);
  assert.match(dead.text, /href="\/console\/deliveries\?connection=toy&amp;state=dead">1 dead/);
});

test('a connection tells its health, what is proven, and who let the last deliveries in', async (t) => {
  const console = await openConsole(t);
  const { text } = await askAs(console.app, 'reader', '/console/connections/toy');
  assert.match(text, /<dt>Failure budget<\/dt><dd>1 of 10 \(10 %\)<\/dd>/);
  assert.match(text, /<dt>Silence<\/dt><dd>quiet for 60 s \(normal: up to 10 min\)<\/dd>/);
  assert.match(text, /<td>the beginning<\/td>[\s\S]*proven/);
  assert.match(text, /<code>secret\[0\]<\/code>/);
});

test('the overview comes even when the health of a connection cannot be told', async (t) => {
  const console = await openConsole(t);
  console.told.health = () => {
    throw new Error('no health today');
  };
  const { status, text } = await askAs(console.app, 'reader', '/console/');
  assert.equal(status, 200);
  assert.match(text, /toy/);
});

test('lasting alerts stand on the overview, critical ones before everything else', async (t) => {
  const console = await openConsole(t);
  await console.context.db.write((sql) =>
    sql.all(
      `insert into alerts (key, code, level, connection, text, details, opened_at, count)
       values ('k', 'silence', 'warning', 'toy', 'toy is quieter than usual', '{}', '2026-03-01T07:00:00.000Z', 3),
              ('d', 'delivery_dead', 'critical', 'toy', 'a delivery is dead', '{}', '2026-03-01T06:00:00.000Z', 1),
              ('e', 'circuit_open', 'critical', 'toy', 'ended long ago', '{}', '2026-03-01T05:00:00.000Z', 1)`,
    ),
  );
  await console.context.db.write((sql) => sql.all(`update alerts set closed_at = '2026-03-01T05:30:00.000Z' where key = 'e'`));
  const { text } = await askAs(console.app, 'reader', '/console/');
  assert.match(text, /a delivery is dead[\s\S]*<h2>Connections<\/h2>[\s\S]*toy is quieter than usual[\s\S]*3 times/);
  assert.doesNotMatch(text, /ended long ago/);
});

test('one delivery shows its headers, its body made readable, its attempts and its changes', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const list = await askAs(console.app, 'reader', '/console/deliveries?subject=order:PO7');
  const [first] = list.text.match(/\/console\/deliveries\/[0-9a-f-]{36}/) ?? [];
  assert.ok(first);
  const { text } = await askAs(console.app, 'reader', first);
  assert.match(text, /It made 1 change\. There is nothing to do\./);
  assert.match(text, /&quot;quantity&quot;: &quot;8&quot;/, 'indented');
  assert.match(text, /<code>content-type<\/code>/);
  assert.doesNotMatch(text, /<code>s<\/code>/, 'the secret was redacted before it was stored');
  assert.match(text, /<code>\/lines\/0001\/quantity<\/code><\/td><td><code>10<\/code><\/td><td><code>8<\/code>/);
});

test('one order shows its lines, and every change with before, after and why', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const found = await askAs(console.app, 'reader', '/console/find?connection=toy&kind=order&externalId=PO7');
  assert.equal(found.status, 303);
  const { text } = await askAs(console.app, 'reader', found.headers.location ?? '');
  assert.match(text, /It is at version 2: 2 changes so far, every one of them is listed below\./);
  assert.match(text, /<td>0001<\/td>/);
  assert.match(text, /<code>10<\/code><\/td><td><code>8<\/code>/);
  assert.match(text, /Because of <a href="\/console\/deliveries\/[0-9a-f-]+">a delivery \(order\)/);
  const source = await askAs(console.app, 'reader', `${found.headers.location}/source`);
  assert.equal((source.body as { lines: { quantity: string }[] }).lines[0]?.quantity, '8');
});

test('orders are found by the beginning of their number or by their external id, and no sign in it is a wildcard', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const rows = async (number: string) =>
    (await askAs(console.app, 'reader', `/console/orders?number=${encodeURIComponent(number)}`)).text.match(/<tr>/g)?.length ?? 0;
  assert.deepEqual([await rows('po'), await rows('PO7'), await rows('O7'), await rows('%7'), await rows('P_7')], [2, 2, 0, 0, 0]);
});

test('what a sender writes is shown as text, wherever it stands', async (t) => {
  const console = await openConsole(t);
  const hostile = `"><script>alert(1)</script>' onload=x`;
  await console.send({ ...toyOrder(hostile, hostile, '2026-03-01T07:00:00.000Z') });
  await console.settle();
  await announce(console.context, { key: 'a', name: hostile });
  const order = await askAs(console.app, 'reader', `/console/find?connection=toy&kind=order&externalId=${encodeURIComponent(hostile)}`);
  assert.equal(order.status, 303);
  const list = await askAs(console.app, 'reader', '/console/deliveries');
  const [delivery] = list.text.match(/\/console\/deliveries\/[0-9a-f-]{36}/) ?? [''];
  const asked = encodeURIComponent(hostile);
  const pages = [
    '/console/orders',
    '/console/feed',
    '/console/documents',
    `/console/deliveries?subject=${asked}`,
    delivery,
    order.headers.location ?? '',
  ];
  for (const path of pages) {
    const { text } = await askAs(console.app, 'operator', path);
    assert.match(text, /&lt;script&gt;/, path);
    assert.doesNotMatch(text, /<script>/, path);
  }
});

test('the feed gives what is newer as a piece, and nothing while nothing is', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/feed');
  const [, piece = ''] = /hx-get="([^"]+)"/.exec(text) ?? [];
  const address = piece.replaceAll('&amp;', '&');
  assert.equal((await askAs(console.app, 'reader', address)).status, 204);
  await console.send(toyOrder('PO9', '1', '2026-03-01T07:40:00.000Z'));
  await console.settle();
  const newer = await askAs(console.app, 'reader', address);
  assert.match(newer.text, /^<li id="newer" [^>]*after=3/);
  assert.match(newer.text, /order PO9/);
  assert.doesNotMatch(newer.text, /order PO7/);
});

test('long lists are read in pages that meet', async (t) => {
  const console = await openConsole(t);
  for (let number = 0; number < 55; number++) await console.send(toyOrder(`PO${number}`, '1', '2026-03-01T07:00:00.000Z'));
  await console.settle();
  for (const place of ['/console/deliveries', '/console/orders', '/console/feed']) {
    const first = await askAs(console.app, 'reader', place);
    const [, next = ''] = /rel="next" href="([^"]+)"/.exec(first.text) ?? [];
    const second = await askAs(console.app, 'reader', next.replaceAll('&amp;', '&'));
    const names = `${first.text}${second.text}`.match(/>(order[: ])?PO\d+</g)?.map((name) => name.replace(/\D+/g, '')) ?? [];
    assert.equal(new Set(names).size, 55, place);
    assert.doesNotMatch(second.text, /rel="next"/, place);
  }
});

test('a consumer is shown with its position and what it has not acknowledged', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  await console.context.db.write((sql) =>
    sql.all(
      `insert into consumers (name, position, filter, created_at, last_read_position) values ('erp', 1, '{"kinds":null,"connections":null}', '2026-03-01T07:00:00.000Z', 1)`,
    ),
  );
  const { text } = await askAs(console.app, 'reader', '/console/consumers');
  assert.match(text, /1 consumer has not acknowledged everything yet/);
  assert.match(text, /<td>erp<\/td><td>everything<\/td><td><code>1<\/code><\/td><td>1<\/td>/);
});

test('drift is shown with its place and a sample', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/drift');
  assert.match(text, /<code>unheard-of<\/code>/);
  assert.match(text, /a sample<\/a>/);
});

test('a gap says why no webhook had reported it', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/reconcile-runs/run-1');
  assert.match(text, /The platform sent no webhook for it\./);
  assert.match(text, /nothing is missing any more/);
});

test('what is not there is said in a page', async (t) => {
  const console = await openConsole(t);
  for (const path of [
    '/nowhere',
    '/deliveries/none',
    '/entities/none',
    '/reconcile-runs/none',
    '/connections/none',
    '/find?kind=order&connection=toy&externalId=none',
    '/documents/none/content',
  ]) {
    const { status, text } = await askAs(console.app, 'reader', `/console${path}`);
    assert.equal(status, 404, path);
    assert.match(text, /<h1>Not here<\/h1>/);
  }
});

test('sandbox mode is said in plain words on every page, the door included, and only there', async (t) => {
  const sandbox = await openConsole(t, { sandbox: true });
  for (const path of ['/console/', '/console/feed', '/console/sign-in']) {
    assert.match((await askAs(sandbox.app, 'reader', path)).text, /<strong>Sandbox\.<\/strong> Everything you see here is simulated/);
  }
  const real = await openConsole(t);
  assert.doesNotMatch((await askAs(real.app, 'reader', '/console/')).text, /simulated/);
});

test('style, scripts and libraries are our own files', async (t) => {
  const { app } = await openConsole(t);
  for (const [file, type] of [
    ['console.css', /css/],
    ['console.js', /javascript/],
    ['icon.svg', /svg/],
    ['htmx.min.js', /javascript/],
    ['uPlot.iife.min.js', /javascript/],
    ['uPlot.min.css', /css/],
  ] as const) {
    const { status, headers } = await supertest(app).get(`/console/assets/${file}`);
    assert.equal(status, 200, file);
    assert.match(headers['content-type'] ?? '', type);
  }
  assert.equal((await supertest(app).get('/console/assets/..%2f..%2fconsole.ts')).status, 404);
});
