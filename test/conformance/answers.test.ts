import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import request from 'supertest';
import { Unavailable } from '../../src/domain/errors.ts';
import type { AnyPlatform, Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { openTestServer, type TestServer } from '../http/test-server.ts';
import { connectionTo, happenIn, NOW, worldOf } from './worlds.ts';

const isFinal = ({ retryPolicy }: AnyPlatform, status: number): boolean =>
  retryPolicy.final.some(([from, to]) => status >= from && status <= to);

const readme = ({ name }: AnyPlatform): string => readFileSync(new URL(`../../src/platforms/${name}/README.md`, import.meta.url), 'utf8');

/** Statuses of rejections that an operator of ours could have prevented: secret, address, limits, internal errors. */
const PREVENTABLE = [401, 403, 404, 405, 413, 415];

function openFor(platform: AnyPlatform): { testServer: TestServer; connection: Connection; webhook: OutgoingWebhook } {
  const world = worldOf(platform);
  const connection = connectionTo(world);
  const [webhook] = happenIn(world, platform.events[0]?.type ?? '');
  assert.ok(webhook);
  return { testServer: openTestServer({ connections: [connection], clock: { now: () => NOW } }), connection, webhook };
}

const send = ({ app }: TestServer, { name }: Connection, { path, headers, body }: OutgoingWebhook) =>
  request(app).post(`/webhooks/${name}${path}`).set(headers).send(body);

const FAULTS: Record<string, Error> = {
  'the database is down': new Unavailable('database_unavailable', 'The database cannot take the data now.'),
  'the disk is full': new Unavailable('not_stored', 'The delivery could not be stored.'),
  'too many deliveries are pending': new Unavailable('backlog_full', 'Too many deliveries are pending.', 30_000),
  'the service is stopping': new Unavailable('stopping', 'The service is stopping.'),
  'an issuer does not respond': new Unavailable('issuer_unavailable', 'The issuer of the token does not respond.'),
  'an unexpected error occurs': new TypeError('undefined is not a function'),
};

for (const platform of PLATFORMS) {
  test(`${platform.name}: its reaction to our answers is documented, with source and date`, () => {
    const { rule, source, budget } = platform.retryPolicy;
    assert.ok(rule.length > 40);
    assert.match(source, /20\d\d-\d\d/);
    if (budget) assert.ok(('limit' in budget ? budget.limit : budget.days) > 0);
  });

  test(`${platform.name}: 503 is never final, and 2xx never a failure`, () => {
    assert.equal(isFinal(platform, 503), false);
    for (const status of [200, 202]) assert.equal(isFinal(platform, status), false);
  });

  test(`${platform.name}: if an error that we could fix is final, its rule and its README say so`, () => {
    const final = PREVENTABLE.filter((status) => isFinal(platform, status));
    const said = final.every((status) => new RegExp(`\\b(4xx|${status})\\b`).test(platform.retryPolicy.rule));
    assert.ok(said, platform.retryPolicy.rule);
    if (final.length > 0)
      assert.ok(/\b4xx\b/.test(readme(platform)), `src/platforms/${platform.name}/README.md does not mention a final 4xx`);
  });

  for (const [situation, fault] of Object.entries(FAULTS)) {
    test(`${platform.name}: while ${situation}, it is told to retry later`, async () => {
      const { testServer, connection, webhook } = openFor(platform);
      testServer.onReceive(() => {
        throw fault;
      });
      const answer = await send(testServer, connection, webhook);
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      assert.equal(isFinal(platform, answer.status), false);
      testServer.onReceive(() => {});
      assert.equal((await send(testServer, connection, webhook)).status, 202, 'and then it is accepted');
    });
  }

  test(`${platform.name}: an unknown event is accepted like any other`, async () => {
    const { testServer, connection } = openFor(platform);
    const [unknown] = happenIn(worldOf(platform), 'conformance.unknown');
    assert.ok(unknown);
    assert.equal((await send(testServer, connection, unknown)).status, 202);
  });

  test(`${platform.name}: its portal guide contains the address and no secret`, () => {
    const world = worldOf(platform);
    const guide = platform.portalGuide(world.settings, 'https://dock.example/webhooks/acme').join('\n');
    assert.match(guide, /https:\/\/dock\.example\/webhooks\/acme/);
    for (const secret of JSON.stringify(world.entry).match(/[\w-]{43}/g) ?? []) assert.ok(!guide.includes(secret));
  });
}
