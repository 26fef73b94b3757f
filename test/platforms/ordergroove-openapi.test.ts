import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import type { Shape } from '../../src/domain/entities/drift.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: (string | number)[];
}
interface Spec {
  components: { schemas: Record<string, Schema> };
}

const { schemas } = (parse(readFileSync(new URL('../../openapi/ordergroove-webhook.yaml', import.meta.url), 'utf8')) as Spec).components;

const resolved = (schema: Schema | undefined): Schema =>
  schema?.$ref ? (schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : (schema ?? {});

/** The paths of everything in a shape, with the values of its enums. */
function ofShape(shape: Shape, path = ''): string[] {
  if (shape === 'any' || shape === 'time') return [];
  if (Array.isArray(shape)) return [`${path} = ${shape.join(' ')}`];
  if ('list' in shape) return ofShape(shape.list as Shape, `${path}/*`);
  const { members } = shape as { members: Record<string, Shape> };
  return Object.entries(members).flatMap(([name, member]) => [`${path}/${name}`, ...ofShape(member, `${path}/${name}`)]);
}

/** The same for a published schema, as deep as the shape goes. */
function ofSchema(schema: Schema | undefined, shape: Shape, path = ''): string[] {
  const known = resolved(schema);
  if (shape === 'any' || shape === 'time') return [];
  if (Array.isArray(shape)) return [`${path} = ${known.enum?.join(' ')}`];
  if ('list' in shape) return ofSchema(known.items, shape.list as Shape, `${path}/*`);
  const { members } = shape as { members: Record<string, Shape> };
  return Object.entries(known.properties ?? {}).flatMap(([name, member]) => [
    `${path}/${name}`,
    ...ofSchema(member, members[name] ?? 'any', `${path}/${name}`),
  ]);
}

test('our description of every Ordergroove body equals the published one in openapi/, member by member and value by value', () => {
  const names = Object.keys(ordergroove.shapes);
  assert.equal(names.length, 11);
  for (const name of names) {
    const shape = ordergroove.shapes[name] ?? 'any';
    assert.ok(ofShape(shape).length > 3, name);
    assert.deepEqual(ofSchema(schemas[name], shape).sort(), ofShape(shape).sort(), name);
  }
});

test('openapi/ contains every event type', () => {
  assert.deepEqual(
    schemas.EventType?.enum,
    ordergroove.events.map(({ type }) => type),
  );
});
