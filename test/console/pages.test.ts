import assert from 'node:assert/strict';
import test from 'node:test';
import supertest from 'supertest';
import { announce } from '../documents/announced.ts';
import { askAs, fill, openConsole, toyOrder } from './support.ts';

const PAGES = [
  '/',
  '/connections/toy',
  '/connections/toy/rejections',
  '/search?q=PO7',
  '/activity',
  '/deliveries/dismiss?state=dead',
  '/deliveries?subject=PO7&from=2026-03-01T07:00',
  '/feed?until=2026-03-01T07:45',
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

test('every page loads, has a summary sentence, and contains nothing inline and nothing from other hosts', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  await announce(console.context, { key: 'a' });
  for (const path of PAGES) {
    const { status, text, headers } = await askAs(console.app, 'admin', `/console${path}`);
    assert.equal(status, 200, path);
    assert.match(text, /<h1>[^<]+<\/h1><div class="lead">(<div class="verdict|<p)/, path);
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i, path);
    const addresses = [...text.matchAll(/(?:src|href|action|hx-get)="([^"]*)"/g)].map((match) => match[1] ?? '');
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('/console') && !['#content', '#menu'].includes(address)),
      [],
      path,
    );
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none';script-src 'self';style-src 'self'/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['content-encoding'], 'gzip', path);
    assert.ok(text.length < 100_000, `${path} has ${text.length} characters`);
    assert.ok((text.match(/class="primary"/g) ?? []).length <= 1, `${path} has one filled button at most`);
  }
});

test('orders are found by the beginning of their number or by their external id, and no character in it is a wildcard', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const rows = async (number: string) =>
    (await askAs(console.app, 'reader', `/console/orders?number=${encodeURIComponent(number)}`)).text.match(/<tr[ >]/g)?.length ?? 0;
  assert.deepEqual([await rows('po'), await rows('PO7'), await rows('O7'), await rows('%7'), await rows('P_7')], [2, 2, 0, 0, 0]);
});

test('content from a sender is displayed as text everywhere', async (t) => {
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

test('the feed returns newer entries as a fragment, and nothing if there are none', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/feed');
  const [, piece = ''] = /id="newer"[^>]*hx-get="([^"]+)"/.exec(text) ?? [];
  const address = piece.replaceAll('&amp;', '&');
  assert.equal((await askAs(console.app, 'reader', address)).status, 204);
  await console.send(toyOrder('PO9', '1', '2026-03-01T07:40:00.000Z'));
  await console.settle();
  const newer = await askAs(console.app, 'reader', address);
  assert.match(newer.text, /^<li id="newer" [^>]*after=3/);
  assert.match(newer.text, /order <strong>PO9/);
  assert.doesNotMatch(newer.text, /<strong>PO7/);
});

test('the pages of long lists neither overlap nor leave rows out', async (t) => {
  const console = await openConsole(t);
  for (let number = 0; number < 55; number++) await console.send(toyOrder(`PO${number}`, '1', '2026-03-01T07:00:00.000Z'));
  await console.settle();
  for (const place of ['/console/deliveries', '/console/orders', '/console/feed']) {
    const first = await askAs(console.app, 'reader', place);
    const [, next = ''] = /rel="next" href="([^"]+)"/.exec(first.text) ?? [];
    const second = await askAs(console.app, 'reader', next.replaceAll('&amp;', '&'));
    const names = `${first.text}${second.text}`.match(/>(?:order )?(?:<strong>)?PO\d+</g)?.map((name) => name.replace(/\D+/g, '')) ?? [];
    assert.equal(new Set(names).size, 55, place);
    assert.doesNotMatch(second.text, /rel="next"/, place);
  }
});

test('a missing resource is shown as an error page', async (t) => {
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
    assert.match(text, /<h1>Page not found<\/h1>/);
  }
});

test('sandbox mode is stated on every page, including the sign-in page, and only in the sandbox', async (t) => {
  const sandbox = await openConsole(t, { sandbox: true });
  for (const path of ['/console/', '/console/feed', '/console/sign-in']) {
    assert.match((await askAs(sandbox.app, 'reader', path)).text, /<strong>Sandbox\.<\/strong><span> Everything here is simulated/);
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
  ] as const) {
    const { status, headers } = await supertest(app).get(`/console/assets/${file}`);
    assert.equal(status, 200, file);
    assert.match(headers['content-type'] ?? '', type);
  }
  assert.equal((await supertest(app).get('/console/assets/..%2f..%2fconsole.ts')).status, 404);
});
