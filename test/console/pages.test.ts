import assert from 'node:assert/strict';
import test from 'node:test';
import supertest from 'supertest';
import { announce } from '../documents/announced.ts';
import { askAs, fill, HEALTH, openConsole, pressAs, toyOrder } from './support.ts';

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

test('the overview first answers whether anything was lost', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const well = await askAs(console.app, 'reader', '/console/');
  assert.match(
    well.text,
    /Was anything lost\?<\/span> Nothing is lost, but not everything is applied: 1 problem\. Verified complete up to 07:55:00\./,
  );
  assert.match(well.text, /Unknown event “unheard-of”: 1 delivery is stored but not applied/);
  assert.match(well.text, /Integrity checks: all passed/);

  console.told.coverage = [
    { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'standstill', runId: null },
  ];
  console.told.violations = 2;
  await console.context.db.write((sql) =>
    sql.all(`update deliveries set state = 'dead', error = 'remote_missing: GET /x answered 404' where event_id = 'event-odd'`),
  );
  const torn = await askAs(console.app, 'operator', '/console/');
  assert.match(torn.text, /Not known yet: 4 problems\./);
  for (const sentence of [
    /1 delivery failed and is not applied: GET \/x answered 404\. Fix the cause, then replay\./,
    /Integrity checks found 2 violations/,
    /Orderdock was down 05:00:00 to 06:00:00 \(60 min\)\. Changes in that time have not been compared yet\./,
    /Unknown event “unheard-of”/,
  ])
    assert.match(torn.text, sentence);
  assert.match(torn.text, /<span class="count bad">1<span class="unseen"> failed<\/span>/);
});

test('every suggested action is on the page and can be used', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  console.told.coverage = [
    { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'standstill', runId: null },
  ];
  await console.context.db.write((sql) =>
    sql.all(`update deliveries set state = 'dead', error = 'invalid_body: no JSON' where event_id = 'event-odd'`),
  );
  for (const page of ['/console/', '/console/connections/toy']) {
    const { text } = await askAs(console.app, 'operator', page);
    const steps = [...text.matchAll(/<div class="steps">(.*?)<\/div>/g)].map((match) => match[1] ?? '');
    const forms = steps.flatMap((step) => [...step.matchAll(/action="([^"]+)"/g)].map((match) => match[1] ?? ''));
    const links = steps.flatMap((step) => [...step.matchAll(/href="([^"]+)"/g)].map((match) => (match[1] ?? '').replaceAll('&amp;', '&')));
    assert.ok(forms.length > 0 && links.length > 0, page);
    for (const form of new Set(forms)) assert.equal((await pressAs(console.app, 'operator', form)).status, 303, form);
    for (const link of new Set(links)) assert.equal((await askAs(console.app, 'operator', link)).status, 200, link);
    // Words in curly quotes after “press” would be a button that has to be there.
    for (const [, label = ''] of text.matchAll(/press “([^”]+)”/g)) assert.match(text, new RegExp(`<button[^>]*>${label}`));
  }
});

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

test('the overview loads even if the health of a connection cannot be determined', async (t) => {
  const console = await openConsole(t);
  console.told.health = () => {
    throw new Error('no health today');
  };
  const { status, text } = await askAs(console.app, 'reader', '/console/');
  assert.equal(status, 200);
  assert.match(text, /toy/);
});

test('open alerts are on the overview, critical ones first; they are acknowledged and muted in their list', async (t) => {
  const console = await openConsole(t);
  await console.context.db.write((sql) =>
    sql.all(
      `insert into alerts (key, code, level, connection, text, details, opened_at, count)
       values ('silence toy', 'silence', 'warning', 'toy', 'toy is quieter than usual', '{}', '2026-03-01T07:00:00.000Z', 3),
              ('failure_budget toy', 'failure_budget', 'critical', 'toy', 'half of the budget is used', '{}', '2026-03-01T06:00:00.000Z', 1),
              ('storage_unavailable ', 'storage_unavailable', 'critical', null, 'Documents cannot be kept', '{}', '2026-03-01T05:00:00.000Z', 1)`,
    ),
  );
  const { text } = await askAs(console.app, 'reader', '/console/');
  assert.match(text, /half of the budget is used[\s\S]*Documents cannot be kept[\s\S]*toy is quieter than usual/);
  assert.match(text, /Alerts <span class="count bad">3/);

  const list = await askAs(console.app, 'operator', '/console/alerts');
  const [, path = ''] = /action="(\/console\/alerts\/silence[^"]+)\/acknowledge"/.exec(list.text) ?? [];
  assert.equal((await pressAs(console.app, 'operator', `${path}/acknowledge`)).status, 303);
  assert.equal((await pressAs(console.app, 'operator', `${path}/mute`, { hours: '8' })).status, 303);
  const after = await askAs(console.app, 'operator', '/console/alerts');
  assert.match(after.text, /3 open alerts, 1 acknowledged/);
  assert.match(after.text, /muted until <time[^>]*>16:00:00/);
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

test('a gap says why no webhook had reported it', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const { text } = await askAs(console.app, 'reader', '/console/reconcile-runs/run-1');
  assert.match(text, /The platform sent no webhook for it\./);
  assert.match(text, /nothing is missing any more/);
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
