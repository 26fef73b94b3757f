import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import type { Shape } from '../../src/domain/entities/drift.ts';
import type { AnyPlatform } from '../../src/platforms/contract/platform.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: (string | number)[];
  const?: string | number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}
interface Spec {
  openapi: string;
  paths: Record<string, Record<string, { responses?: Record<string, unknown> }>>;
  components: { schemas: Record<string, Schema> };
}

const OPENAPI = new URL('../../openapi/', import.meta.url);

/** The platform's own specifications: `<name>-webhook.yaml`, or several `<name>-…-webhook.yaml`. */
const specsOf = ({ name }: AnyPlatform): Spec[] =>
  readdirSync(OPENAPI)
    .filter((file) => file.startsWith(`${name}-`) && file.endsWith('webhook.yaml'))
    .map((file) => parse(readFileSync(new URL(file, OPENAPI), 'utf8')) as Spec);

/** A schema and everything that it is composed of. */
function partsOf(spec: Spec, schema: Schema | undefined): Schema[] {
  if (!schema) return [];
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = schema;
  const named = $ref === undefined ? [] : [spec.components.schemas[$ref.split('/').at(-1) ?? '']];
  return [schema, ...[...named, ...anyOf, ...oneOf, ...allOf].flatMap((part) => partsOf(spec, part))];
}

const publishedMembers = (spec: Spec, schema: Schema | undefined): Map<string, Schema> =>
  new Map(partsOf(spec, schema).flatMap((part) => Object.entries(part.properties ?? {})));

const publishedValues = (spec: Spec, schema: Schema | undefined): string[] => [
  ...new Set(
    partsOf(spec, schema).flatMap((part) => [...(part.enum ?? []), ...(part.const === undefined ? [] : [part.const])].map(String)),
  ),
];

/** Fails if the published schema and our description differ: in members, in lists, in the values of an enum. */
function assertSame(spec: Spec, published: Schema | undefined, shape: Shape, path: string): void {
  assert.ok(published, `${path} is not published`);
  if (shape === 'any' || shape === 'time') return;
  if (Array.isArray(shape)) {
    assert.deepEqual(publishedValues(spec, published).sort(), [...shape].sort(), path);
  } else if ('list' in shape) {
    const items = partsOf(spec, published).flatMap((part) => part.items ?? []);
    assertSame(spec, { anyOf: items }, shape.list as Shape, `${path}/*`);
  } else {
    const { members } = shape as { members: Record<string, Shape> };
    const there = publishedMembers(spec, published);
    assert.deepEqual([...there.keys()].sort(), Object.keys(members).sort(), path);
    for (const [name, member] of Object.entries(members)) assertSame(spec, there.get(name), member, `${path}/${name}`);
  }
}

const textsIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];

for (const platform of PLATFORMS) {
  test(`${platform.name}: its webhook is published, one specification for each endpoint`, () => {
    const specs = specsOf(platform);
    assert.ok(specs.length > 0, `openapi/${platform.name}-webhook.yaml`);
    const published = specs.flatMap((spec) =>
      Object.entries(spec.paths).flatMap(([path, operations]) =>
        ['get', 'post'].filter((method) => operations[method]).map((method) => `${method.toUpperCase()} ${path}`),
      ),
    );
    const served = platform.routes.map(({ method, path }) => `${method} /webhooks/{connection}${path.replace(/:(\w+)/g, '{$1}')}`);
    assert.deepEqual([...new Set(published)].sort(), served.sort());
  });

  test(`${platform.name}: every possible answer to a webhook is published`, () => {
    for (const spec of specsOf(platform)) {
      for (const [path, operations] of Object.entries(spec.paths)) {
        const { responses = {} } = operations.post ?? operations.get ?? {};
        for (const status of ['200', '202', '400', '401', '403', '503']) assert.ok(status in responses, `${path} ${status}`);
        for (const status of ['408', '429', '500']) assert.ok(!(status in responses), `${path} ${status} is never given`);
      }
    }
  });

  test(`${platform.name}: our description of its bodies equals the published one, member by member and value by value`, () => {
    const specs = specsOf(platform);
    for (const [name, shape] of Object.entries(platform.shapes)) {
      const spec = specs.find(({ components }) => components.schemas[name]);
      assert.ok(spec, `${name} is not published`);
      assertSame(spec, spec.components.schemas[name], shape, name);
    }
  });

  test(`${platform.name}: every event type is published`, () => {
    const texts = new Set(specsOf(platform).flatMap(textsIn));
    for (const { type } of platform.events) assert.ok(texts.has(type), type);
  });
}
