import assert from 'node:assert/strict';
import test from 'node:test';
import supertest from 'supertest';
import { createKey, deleteKey } from '../../src/feed/api-keys.ts';
import { askAs, KEYS, openConsole, type TestConsole, tokenIn } from './support.ts';

const cookieOf = (headers: Record<string, unknown>): string =>
  String((headers['set-cookie'] as unknown as string[] | undefined)?.[0] ?? '');

async function signedIn({ app }: TestConsole, key: string): Promise<string> {
  const { headers } = await supertest(app).post('/console/sign-in').type('form').send({ key });
  return cookieOf(headers).split(';')[0] ?? '';
}

test('a visitor who is not signed in is redirected to the sign-in page, and afterwards to the requested page', async (t) => {
  const console = await openConsole(t);
  const turned = await supertest(console.app).get('/console/deliveries?state=dead');
  assert.deepEqual([turned.status, turned.headers.location], [303, '/console/sign-in?to=%2Fconsole%2Fdeliveries%3Fstate%3Ddead']);
  const signIn = await supertest(console.app).get(turned.headers.location ?? '');
  assert.match(signIn.text, /name="to" value="\/console\/deliveries\?state=dead"/);
  const entered = await supertest(console.app)
    .post('/console/sign-in')
    .type('form')
    .send({ key: KEYS.reader, to: '/console/deliveries?state=dead' });
  assert.deepEqual([entered.status, entered.headers.location], [303, '/console/deliveries?state=dead']);
});

test('a fragment request redirects the whole page to the sign-in page', async (t) => {
  const { app } = await openConsole(t);
  const { status, headers } = await supertest(app).get('/console/feed/newer').set('HX-Request', 'true');
  assert.deepEqual([status, headers['hx-redirect']], [401, '/console/sign-in']);
});

test('the redirect after sign-in never leaves the console', async (t) => {
  const { app } = await openConsole(t);
  for (const to of [
    'https://evil.example/',
    '//evil.example',
    '/console//evil.example',
    '/api/v1/orders',
    '/console/../api',
    'javascript:alert(1)',
    '/console/\\evil',
  ]) {
    const { headers } = await supertest(app).post('/console/sign-in').type('form').send({ key: KEYS.reader, to });
    assert.match(headers.location ?? '', /^\/console\/$/, to);
  }
});

test('the session is in a cookie that scripts and other sites cannot read, and Secure if HTTPS is used', async (t) => {
  const { app } = await openConsole(t);
  const plain = await supertest(app).post('/console/sign-in').type('form').send({ key: KEYS.admin });
  assert.match(cookieOf(plain.headers), /^orderdock_session=[\w-]{43}; Path=\/console; HttpOnly; SameSite=Strict$/);
  const secure = await supertest(app).post('/console/sign-in').set('X-Forwarded-Proto', 'https').type('form').send({ key: KEYS.admin });
  assert.match(cookieOf(secure.headers), /; Secure/);
});

test('a wrong key is rejected and not shown again', async (t) => {
  const { app } = await openConsole(t);
  for (const key of ['wrong-key-9999', '', 'admin']) {
    const { status, text, headers } = await supertest(app).post('/console/sign-in').type('form').send({ key });
    assert.equal(status, 401);
    assert.equal(cookieOf(headers), '');
    assert.match(text, /This key is unknown/);
    assert.doesNotMatch(text, /wrong-key-9999/);
  }
});

test("HTTP Basic with a key's name and the key also works; a wrong pair is challenged again", async (t) => {
  const { app } = await openConsole(t);
  assert.equal((await askAs(app, 'reader', '/console/')).status, 200);
  for (const [name, key] of [
    ['reader', KEYS.admin],
    ['nobody', KEYS.reader],
    ['reader', ''],
  ] as const) {
    const { status, headers } = await supertest(app).get('/console/').auth(name, key);
    assert.equal(status, 401);
    assert.match(headers['www-authenticate'] ?? '', /^Basic realm="orderdock"/);
  }
});

test('a session ends at sign-out, after eight idle hours, and as soon as its key is revoked', async (t) => {
  const console = await openConsole(t);
  const { key } = await createKey({ ...console.context, settingsKeys: [] }, { name: 'guest', role: 'reader' });
  const statusOf = async (cookie: string) => (await supertest(console.app).get('/console/').set('Cookie', cookie)).status;

  const idle = await signedIn(console, KEYS.reader);
  console.clock.advance(7 * 3_600_000);
  assert.equal(await statusOf(idle), 200);
  console.clock.advance(8 * 3_600_000 + 1);
  assert.equal(await statusOf(idle), 303);

  const guest = await signedIn(console, key);
  assert.equal(await statusOf(guest), 200);
  await deleteKey({ ...console.context, settingsKeys: [] }, 'guest');
  assert.equal(await statusOf(guest), 303);

  const leaving = await signedIn(console, KEYS.reader);
  const page = await supertest(console.app).get('/console/').set('Cookie', leaving);
  await supertest(console.app)
    .post('/console/sign-out')
    .set('Cookie', leaving)
    .type('form')
    .send({ csrf: tokenIn(page.text) });
  assert.equal(await statusOf(leaving), 303);
});

test('a form that was not submitted from our own page has no effect', async (t) => {
  const console = await openConsole(t);
  const cookie = await signedIn(console, KEYS.admin);
  const mine = tokenIn((await supertest(console.app).get('/console/').set('Cookie', cookie)).text);
  const others = tokenIn(
    (
      await supertest(console.app)
        .get('/console/')
        .set('Cookie', await signedIn(console, KEYS.admin))
    ).text,
  );
  const press = (members: object, headers: Record<string, string> = {}) =>
    supertest(console.app).post('/console/connections/toy/reconcile').set('Cookie', cookie).set(headers).type('form').send(members);
  assert.equal((await press({})).status, 403);
  assert.equal((await press({ csrf: 'guessed' })).status, 403);
  assert.equal((await press({ csrf: others })).status, 403);
  assert.equal((await press({ csrf: mine }, { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
  assert.deepEqual(console.pressed, []);
  assert.equal((await press({ csrf: mine }, { 'Sec-Fetch-Site': 'same-origin' })).status, 303);
  assert.deepEqual(console.pressed, ['reconcile toy']);
});

test('automatic refreshes do not extend a session', async (t) => {
  const console = await openConsole(t);
  const cookie = await signedIn(console, KEYS.reader);
  const ask = (headers: Record<string, string>) =>
    supertest(console.app)
      .get('/console/')
      .set({ Cookie: cookie, ...headers });
  console.clock.advance(7 * 3_600_000);
  assert.equal((await ask({ 'HX-Request': 'true' })).status, 200);
  console.clock.advance(2 * 3_600_000);
  assert.equal((await ask({})).status, 303);
});

test('repeated sign-ins end only sessions of the same key', async (t) => {
  const { app } = await openConsole(t);
  const signIn = async (key: string) => {
    const { headers } = await supertest(app).post('/console/sign-in').type('form').send({ key });
    return String(headers['set-cookie']).split(';')[0] ?? '';
  };
  const isOpen = async (cookie: string) => (await supertest(app).get('/console/').set('Cookie', cookie)).status === 200;
  const admin = await signIn(KEYS.admin);
  const first = await signIn(KEYS.reader);
  for (let n = 0; n < 20; n++) await signIn(KEYS.reader);
  assert.deepEqual([await isOpen(admin), await isOpen(first)], [true, false]);
});

test('after ten wrong keys within a minute the form answers 429', async (t) => {
  const { app } = await openConsole(t);
  const tryKey = (key: string) => supertest(app).post('/console/sign-in').type('form').send({ key });
  for (let n = 0; n < 10; n++) assert.equal((await tryKey(`guess-${n}`)).status, 401);
  const refused = await tryKey('guess-10');
  assert.equal(refused.status, 429);
  assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
  assert.match(refused.text, /<form class="sign-in"/);
});
