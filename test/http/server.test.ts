import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import { openTestServer } from './test-server.ts';

test('the process is live, and ready while it can store', async () => {
  const testServer = openTestServer();
  assert.deepEqual((await request(testServer.app).get('/health/live')).body, { status: 'live' });
  const ready = await request(testServer.app).get('/health/ready');
  assert.equal(ready.status, 200);
  assert.deepEqual(ready.body, { status: 'ready', checks: { database: true } });
});

test('while storing fails it is live but not ready', async () => {
  const testServer = openTestServer({ ready: async () => ({ ready: false, checks: { database: false } }) });
  assert.equal((await request(testServer.app).get('/health/live')).status, 200);
  const unready = await request(testServer.app).get('/health/ready');
  assert.equal(unready.status, 503);
  assert.deepEqual(unready.body, { status: 'unready', checks: { database: false } });
  const broken = openTestServer({ ready: () => Promise.reject(new Error('gone')) });
  assert.equal((await request(broken.app).get('/health/ready')).status, 503);
});

test('the answers on webhook paths are in the metrics, for readers', async () => {
  const testServer = openTestServer();
  await request(testServer.app).post('/webhooks/acme').auth('sender', 'north-star').send({ a: 1 });
  await request(testServer.app).post('/webhooks/nobody').send({ a: 1 });
  assert.equal((await request(testServer.app).get('/metrics')).status, 401);
  const page = await request(testServer.app).get('/metrics').set('Authorization', 'Bearer reader-key');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'] ?? '', /^text\/plain/);
  assert.match(page.text, /orderdock_webhook_answers_total\{connection="acme",status="202",code="accepted"\} 1/);
  assert.match(page.text, /orderdock_webhook_answers_total\{connection="",status="404",code="unknown_connection"\} 1/);
  assert.match(page.text, /orderdock_webhook_seconds_count\{connection="acme"\} 1/);
});

test('the front page redirects to the console', async () => {
  const answer = await request(openTestServer().app).get('/');
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, '/console/');
});

test('pages are sent with headers that forbid framing and sharing', async () => {
  const { headers } = await request(openTestServer().app).get('/console/');
  assert.match(headers['content-security-policy'] ?? '', /default-src 'self'.*frame-ancestors 'none'/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['x-powered-by'], undefined);
});

test('unknown paths are answered with problems, and errors reveal nothing internal', async () => {
  const testServer = openTestServer();
  const missing = await request(testServer.app).get('/nothing/here');
  assert.equal(missing.status, 404);
  assert.equal(missing.body.code, 'not_found');
  assert.match(missing.headers['content-type'] ?? '', /^application\/problem\+json/);
  const broken = await request(testServer.app).get('/api/v1/broken');
  assert.equal(broken.status, 500);
  assert.equal(broken.body.code, 'internal');
  assert.doesNotMatch(broken.text + JSON.stringify(testServer.logged), /postgres|hidden/);
  assert.equal(testServer.logged[0]?.event, 'request_failed');
});
