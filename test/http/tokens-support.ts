import type test from 'node:test';
import request from 'supertest';
import { AUDIENCE, startIssuer, type TestIssuer } from './issuer.ts';
import { connectionNamed, openTestServer, type TestServer } from './test-server.ts';

/** Sends a webhook with this bearer token; each has content of its own. */
export const send = (testServer: TestServer, token: string, connection = 'acme') =>
  request(testServer.app).post(`/webhooks/${connection}`).set('Authorization', `Bearer ${token}`).send({ number: ++sent });
let sent = 0;

export const statusOf = async (testServer: TestServer, token: string, connection = 'acme') =>
  (await send(testServer, token, connection)).status;

/** An issuer on localhost, closed after the test. */
export async function withIssuer(t: test.TestContext): Promise<TestIssuer> {
  const issuer = await startIssuer();
  t.after(() => issuer.close());
  return issuer;
}

/** A test server with one connection, `acme`, that accepts the issuer's tokens. */
export const trusting = (issuer: TestIssuer, more: object = {}, clock?: { now(): Date }) =>
  openTestServer({
    connections: [connectionNamed('acme', [{ oauth2: { issuer: issuer.url, audience: AUDIENCE, ...more } }])],
    ...(clock ? { clock } : {}),
  });
