import assert from 'node:assert/strict';
import test from 'node:test';
import { subjectText } from '../../src/domain/entities/entity.ts';
import type { AnyPlatform, Connection, EventDescription } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import type { Identity, Interpretation } from '../../src/platforms/contract/webhook.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { sha256Hex } from '../../src/platforms/signature.ts';
import { arrivedOf, deepFreeze, inboundOf, parseSettings } from './fixtures.ts';
import { connectionTo, formsOf, happenIn, NOW, worldOf } from './worlds.ts';

interface Told {
  webhook: OutgoingWebhook;
  identity: Identity;
  interpretation: Interpretation;
  key: string;
}

function understand(connection: Connection, webhook: OutgoingWebhook): Told {
  const { platform, settings } = connection;
  const request = deepFreeze(inboundOf(connection, webhook, NOW));
  const identity = platform.identify(request, settings);
  const interpretation = platform.interpret(deepFreeze(arrivedOf(connection, request, identity)), settings);
  const subject = identity.mergeable && identity.subject ? subjectText(identity.subject) : null;
  return { webhook, identity, interpretation, key: identity.dedupeKey ?? subject ?? sha256Hex(request.body) };
}

/** Every event type, one second apart, on one simulated platform. */
function tellAll(platform: AnyPlatform, form?: string): Told[] {
  const world = worldOf(platform);
  const connection = connectionTo(world);
  return platform.events.flatMap(({ type }, position) =>
    happenIn(world, type, form, new Date(NOW.getTime() + position * 1000)).map((webhook) => understand(connection, webhook)),
  );
}

const EFFECTS: Record<EventDescription['effect'], (said: Interpretation, kind: EventDescription['kind']) => void> = {
  apply(said, kind) {
    assert.ok(said.do === 'apply');
    assert.ok(
      said.reports.some((report) => report.kind === kind && !report.deleted),
      `no ${kind} among the reports`,
    );
  },
  fetch(said, kind) {
    assert.ok(said.do === 'fetch');
    assert.equal(said.subject.kind, kind);
  },
  delete(said, kind) {
    assert.ok(said.do === 'apply');
    assert.ok(
      said.reports.some((report) => report.kind === kind && report.deleted),
      'no tombstone among the reports',
    );
  },
  ignore(said) {
    assert.ok(said.do === 'ignore');
  },
};

for (const platform of PLATFORMS) {
  test(`${platform.name}: every event type is described once, and ignored ones give the reason`, () => {
    const types = platform.events.map(({ type }) => type);
    assert.equal(new Set(types).size, types.length);
    assert.ok(types.length > 0);
    for (const { type, effect, kind, note } of platform.events) {
      assert.equal(effect === 'ignore', kind === null, type);
      if (effect === 'ignore') assert.ok(note, `${type} is ignored without a reason`);
    }
  });

  test(`${platform.name}: every event type is sent by the simulator, and is received as described`, () => {
    const told = tellAll(platform);
    for (const { type, kind, effect } of platform.events) {
      const own = told.filter(({ webhook }) => webhook.eventType === type);
      assert.ok(own.length > 0, `${type} is not sent`);
      for (const { identity, interpretation, webhook } of own) {
        if (webhook.method === 'POST') assert.equal(identity.eventType, type);
        assert.deepEqual(identity.subject, webhook.subject, type);
        EFFECTS[effect](interpretation, kind);
        assert.equal(identity.notification, interpretation.do === 'fetch', `${type} names a resource, or tells of it`);
      }
    }
  });

  test(`${platform.name}: the simulator sends nothing that our description does not contain`, () => {
    for (const { webhook, interpretation } of tellAll(platform)) assert.deepEqual(interpretation.drift, [], webhook.eventType);
  });

  test(`${platform.name}: the same bytes have the same key, and another event has another key`, () => {
    const world = worldOf(platform);
    const told = tellAll(platform);
    assert.equal(new Set(told.map(({ key }) => key)).size, told.length, 'every event has a key of its own');
    for (const { webhook, key } of told) assert.equal(understand(connectionTo(world), webhook).key, key, webhook.eventType);
  });

  test(`${platform.name}: every form of its sample history can be read`, () => {
    const world = worldOf(platform);
    for (const form of formsOf(world)) {
      const [first] = platform.events;
      const [webhook] = happenIn(world, first?.type ?? '', form);
      assert.ok(webhook);
      const { interpretation } = understand(connectionTo(world), webhook);
      assert.ok(interpretation.do !== 'ignore', `${form}`);
    }
  });

  test(`${platform.name}: an unknown event type is never an error, and is recorded as drift`, () => {
    const world = worldOf(platform);
    const [webhook] = happenIn(world, 'conformance.unknown');
    assert.ok(webhook, 'it is sent');
    const { interpretation } = understand(connectionTo(world), webhook);
    assert.deepEqual(
      interpretation.drift.filter(({ kind }) => kind === 'event').map(({ name }) => name),
      ['conformance.unknown'],
    );
  });

  test(`${platform.name}: without an API every event is still applied, or ignored for a stated reason`, () => {
    const world = worldOf(platform);
    const { api: _api, management: _management, ...rest } = world.entry;
    const connection = connectionTo(world, parseSettings(platform, rest));
    assert.equal(platform.connect(connection.settings, UNUSED), null);
    for (const { webhook } of tellAll(platform)) {
      if (webhook.method === 'GET') continue;
      const { interpretation, identity } = understand(connection, webhook);
      assert.ok(interpretation.do !== 'fetch', `${webhook.eventType} asks for what cannot be fetched`);
      assert.equal(identity.notification, false, webhook.eventType);
    }
  });
}

/** It must not require a call: there is no API. */
const UNUSED = new Proxy({} as Parameters<AnyPlatform['connect']>[1], {
  get: () => () => assert.fail('called out'),
});
