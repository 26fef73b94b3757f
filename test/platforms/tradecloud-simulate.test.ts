import assert from 'node:assert/strict';
import test from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import type { EntityReport, LineReport } from '../../src/domain/entities/entity.ts';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { inboundOfWebhook, settings, simulationTools, understand } from './tradecloud-support.ts';

function sandbox(): { own: ReturnType<typeof settings>; simulation: Simulation; tools: ReturnType<typeof simulationTools> } {
  const tools = simulationTools('http://127.0.0.1:1/tradecloud');
  let secrets = 0;
  const { platform, ...connection } = tradecloud.sandboxConnection(tools.baseUrl, () => `secret-${++secrets}`);
  assert.equal(platform, 'tradecloud');
  const own = settings(connection);
  return { own, simulation: tradecloud.simulate(own, tools), tools };
}

/** The state of a subject in the simulated data. */
function stateOf(simulation: Simulation, externalId: string): EntityReport {
  const resource = simulation.resources().find(({ subject }) => subject.externalId === externalId);
  assert.ok(resource, `the world does not hold ${externalId}`);
  const { reports, drift } = tradecloud.readFetched(resource.subject, resource.text, settings());
  assert.deepEqual(drift, []);
  return reports[0] as EntityReport;
}

const told = (line: LineReport) => ({ externalId: line.externalId, lastUpdatedAt: line.lastUpdatedAt, content: line.content });

for (const form of ['json', 'xml', 'single', 'simple', 'get', 'get-query']) {
  test(`every event sent as ${form} is read, without drift, and equals what the API returns`, () => {
    const { simulation } = sandbox();
    for (const { type } of tradecloud.events) {
      for (const webhook of simulation.emit(type, form)) {
        const { identity, interpretation } = understand(inboundOfWebhook(webhook));
        assert.deepEqual(identity.subject, webhook.subject, type);
        assert.deepEqual(interpretation.drift, [], type);
        if (form.startsWith('get')) {
          assert.equal(interpretation.do, 'fetch', type);
          continue;
        }
        assert.equal(identity.eventType, type);
        assert.ok(interpretation.do === 'apply', type);
        const [report] = interpretation.reports;
        assert.ok(report);
        const state = stateOf(simulation, report.externalId);
        if (report.header) assert.deepEqual({ ...report.header, currency: 'EUR' }, { ...state.header, currency: 'EUR' }, type);
        assert.equal(report.lastUpdatedAt, state.lastUpdatedAt, type);
        for (const line of report.lines) {
          const held = state.lines.find(({ externalId }) => externalId === line.externalId);
          assert.deepEqual(told(line), held && told(held), type);
        }
      }
    }
  });
}

test('merging every event of a long history ends with what the API returns', () => {
  const { simulation } = sandbox();
  const held = new Map<string, Map<string, ReturnType<typeof told>>>();
  for (let round = 0; round < 3; round++) {
    for (const { type } of tradecloud.events) {
      for (const webhook of simulation.emit(type)) {
        const { interpretation } = understand(inboundOfWebhook(webhook));
        assert.ok(interpretation.do === 'apply');
        for (const report of interpretation.reports) {
          const lines = held.get(report.externalId) ?? new Map();
          for (const line of report.lines) lines.set(line.externalId, told(line));
          held.set(report.externalId, lines);
        }
      }
    }
  }
  for (const { subject } of simulation.resources()) {
    const state = stateOf(simulation, subject.externalId);
    const lines = [...(held.get(subject.externalId)?.values() ?? [])].map(({ externalId, content }) => ({ externalId, content }));
    assert.deepEqual(
      lines.sort((a, b) => (a.externalId < b.externalId ? -1 : 1)),
      state.lines.map(({ externalId, content }) => ({ externalId, content })).sort((a, b) => (a.externalId < b.externalId ? -1 : 1)),
      subject.externalId,
    );
  }
});

test('a shipment never gets a line twice, and a documents event announces what the order then has', () => {
  const { simulation } = sandbox();
  simulation.emit('OrderIssuedByBuyer');
  const [webhook] = simulation.emit('OrderDocumentsAttachedByBuyer');
  assert.ok(webhook);
  const { interpretation } = understand(inboundOfWebhook(webhook));
  assert.ok(interpretation.do === 'apply');
  const [report] = interpretation.reports;
  assert.ok(report);
  assert.equal(report.documents?.length, 2);
  assert.deepEqual(report.documents, stateOf(simulation, report.externalId).documents);
});

test('webhooks carry the first usable credentials, or the requested kind', () => {
  const { simulation } = sandbox();
  const header = (form?: string) => simulation.emit('OrderIssuedByBuyer', form)[0]?.headers.Authorization;
  assert.equal(header(), `Basic ${Buffer.from('tradecloud:secret-1').toString('base64')}`);
  assert.equal(header('xml:bearer'), 'Bearer secret-2');
  assert.equal(header('json:header'), undefined);
  assert.equal(simulation.emit('OrderIssuedByBuyer', 'json:header')[0]?.headers['X-Sandbox-Key'], 'secret-4');
});

test('if OAuth is requested, a webhook carries an access token whose key the simulated issuer publishes', async () => {
  const { simulation, tools } = sandbox();
  const get = (path: string) => simulation.answer({ method: 'GET', path, query: {}, headers: {}, body: '' });
  const issuer = `${tools.baseUrl}/entra`;
  const discovery = JSON.parse(String(get('/entra/.well-known/openid-configuration').body)) as { issuer: string; jwks_uri: string };
  assert.deepEqual([discovery.issuer, discovery.jwks_uri], [issuer, `${issuer}/keys`]);
  const keys = createLocalJWKSet(JSON.parse(String(get('/entra/keys').body)) as JSONWebKeySet);
  const token = simulation.emit('OrderIssuedByBuyer', 'xml:oauth2')[0]?.headers.Authorization?.replace('Bearer ', '') ?? '';
  const { payload } = await jwtVerify(token, keys, { issuer, audience: 'api://orderdock-sandbox', currentDate: tools.now() });
  assert.equal(payload.azp, 'tradecloud-sandbox');
  // Another process that simulates the same data signs with the same key.
  const again = sandbox().simulation.emit('OrderIssuedByBuyer', 'json:oauth2')[0]?.headers.Authorization?.replace('Bearer ', '') ?? '';
  await jwtVerify(again, keys, { issuer, currentDate: tools.now() });
});

test('each webhook is a separate message', () => {
  const { simulation } = sandbox();
  const ids = ['OrderIssuedByBuyer', 'OrderResentByBuyer', 'ShipmentIssuedBySupplier'].map((type) => {
    const [webhook] = simulation.emit(type);
    assert.ok(webhook);
    return understand(inboundOfWebhook(webhook)).identity.eventId;
  });
  assert.equal(new Set(ids).size, 3);
  assert.ok(ids.every((id) => id !== null));
});

test('the sample history consists of known events', () => {
  const { simulation } = sandbox();
  const known = new Set(tradecloud.events.map((event) => event.type));
  assert.ok(simulation.history.length > 5);
  for (const { eventType } of simulation.history) assert.ok(known.has(eventType), eventType);
});
