import assert from 'node:assert/strict';
import test from 'node:test';
import { InvalidBody } from '../../src/domain/errors.ts';
import { canonicalText, type Json } from '../../src/domain/values/json.ts';
import type { AnyPlatform } from '../../src/platforms/contract/platform.ts';
import type { Identity, Interpretation } from '../../src/platforms/contract/webhook.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { arrivedOf, connectionOf, deepFreeze, type Fixture, fixturesOf, inboundOf, parseSettings, webhookOf } from './fixtures.ts';
import { NOW, worldOf } from './worlds.ts';

interface Understood {
  identity: Identity;
  interpretation: Interpretation;
}

/** Identifies and interprets as intake and worker do in sequence: from frozen input, each of them twice. */
function understand(platform: AnyPlatform, fixture: Fixture): Understood {
  const settings = deepFreeze(fixture.settings ? parseSettings(platform, fixture.settings) : worldOf(platform).settings);
  const connection = connectionOf(platform, settings);
  const request = deepFreeze(inboundOf(connection, webhookOf(fixture), NOW));
  const bytes = Buffer.from(request.body);
  const identity = deepFreeze(platform.identify(request, settings));
  assert.deepEqual(platform.identify(request, settings), identity, 'identified twice');
  const arrived = deepFreeze(arrivedOf(connection, request, identity));
  const interpretation = platform.interpret(arrived, settings);
  assert.equal(text(platform.interpret(arrived, settings)), text(interpretation), 'interpreted twice');
  assert.ok(bytes.equals(request.body), 'the bytes are left as they were');
  return { identity, interpretation };
}

const text = (value: unknown): string => canonicalText(value as Json);

/** Only what `expected` lists is compared, at any depth; lists must be equally long. */
function assertPart(actual: unknown, expected: Json | undefined, path: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is no list`);
    assert.equal(actual.length, expected.length, `length of ${path}`);
    for (const [position, entry] of expected.entries()) assertPart(actual[position], entry, `${path}/${position}`);
  } else if (typeof expected === 'object' && expected !== null && !('rawJSON' in expected)) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is no object`);
    for (const [name, member] of Object.entries(expected)) assertPart(Reflect.get(actual, name), member as Json, `${path}/${name}`);
  } else assert.equal(text(actual ?? null), text(expected ?? null), path);
}

const ENDS: Record<string, (said: Interpretation, outcome: Fixture['outcome']) => void> = {
  apply(said, { entities = [] }) {
    assert.ok(said.do === 'apply');
    for (const { externalId } of said.reports) assert.ok(externalId, 'an entity has a name');
    assertPart(said.reports, entities, '');
  },
  fetch(said, { subject, whenMissing }) {
    assert.ok(said.do === 'fetch');
    assert.equal(`${said.subject.kind}:${said.subject.externalId}`, subject);
    assert.equal(said.whenMissing, whenMissing);
  },
  ignore(said) {
    assert.ok(said.do === 'ignore');
    assert.ok(said.reason.length > 5, 'and says why');
  },
};

const driftText = (drift: readonly { kind: string; name: string }[]): string[] => drift.map(({ kind, name }) => `${kind} ${name}`).sort();

for (const platform of PLATFORMS) {
  const fixtures = fixturesOf(platform);

  for (const fixture of fixtures) {
    test(`${platform.name}, ${fixture.file}: ${fixture.name}`, () => {
      const { outcome } = fixture;
      if (outcome.error !== undefined) {
        assert.equal(outcome.error, 'invalid_body');
        assert.throws(() => understand(platform, fixture), InvalidBody);
        return;
      }
      const { identity, interpretation } = understand(platform, fixture);
      if (fixture.identity) assertPart(identity, fixture.identity, 'identity');
      assert.equal(interpretation.do, outcome.do);
      ENDS[outcome.do ?? '']?.(interpretation, outcome);
      if (fixture.drift) assert.deepEqual(driftText(interpretation.drift), driftText(fixture.drift));
    });
  }

  test(`${platform.name}: there is a fixture for an invalid body, for an unknown event, and for the result of a known one`, () => {
    assert.ok(fixtures.some(({ outcome }) => outcome.error === 'invalid_body'));
    assert.ok(fixtures.some(({ drift, outcome }) => outcome.do && drift?.some(({ kind }) => kind === 'event')));
    assert.ok(fixtures.some(({ outcome, identity }) => (outcome.entities?.length ?? 0) > 0 && identity));
  });
}
