import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import type { Shape } from '../../src/domain/entities/drift.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: string[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  items?: Schema & { xml?: { name: string } };
}
interface Spec {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}
interface Operation {
  operationId?: string;
  responses?: Record<string, { $ref: string }>;
}

const read = (name: string): Spec =>
  parse(readFileSync(new URL(`../../openapi/tradecloud-${name}-webhook.yaml`, import.meta.url), 'utf8')) as Spec;

/** Fails if the published schema and our description of a body differ: in members, in lists, in the values of an enum. */
function assertSame(spec: Spec, published: Schema | undefined, shape: Shape, path: string): void {
  const schema = published?.$ref ? spec.components.schemas[published.$ref.split('/').at(-1) ?? ''] : published;
  assert.ok(schema, `${path} is not published`);
  if (shape === 'any' || shape === 'time') return;
  if (typeof shape === 'object' && 'list' in shape) assertSame(spec, schema.items, shape.list, `${path}/*`);
  else if (typeof shape === 'object' && 'members' in shape) {
    assert.deepEqual(Object.keys(schema.properties ?? {}).sort(), Object.keys(shape.members).sort(), path);
    for (const [name, member] of Object.entries(shape.members)) assertSame(spec, schema.properties?.[name], member, `${path}/${name}`);
  } else assert.deepEqual(schema.anyOf?.[0]?.enum, shape, path);
}

for (const [file, names] of [
  ['order', ['OrderWebhookBody', 'Order']],
  ['shipment', ['ShipmentWebhookBody', 'Shipment']],
] as const) {
  test(`the published schemas of the ${file} webhook equal our description of its bodies`, () => {
    const spec = read(file);
    for (const name of names) assertSame(spec, spec.components.schemas[name], tradecloud.shapes[name] as Shape, name);
  });

  test(`every ${file} event is published as known, and any other name is allowed`, () => {
    const name = read(file).components.schemas[names[0]]?.properties?.eventName;
    assert.deepEqual(
      name?.anyOf?.[0]?.enum,
      tradecloud.events.filter(({ kind }) => kind === file).map(({ type }) => type),
    );
    assert.deepEqual(name?.anyOf?.[1], { type: 'string' });
  });
}

const METHODS = ['get', 'post'];
const operationsOf = (spec: Spec) =>
  Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [{ path, method, ...item[method] }] : [])),
  );

test('the four specifications together publish exactly the routes that are served', () => {
  const published = ['order', 'shipment', 'get-order', 'get-shipment'].flatMap((file) =>
    operationsOf(read(file)).map(
      ({ path, method }) => `${method.toUpperCase()} ${path.replace('/webhooks/{connection}', '').replace(/\{(\w+)\}/g, ':$1')}`,
    ),
  );
  const served = tradecloud.routes.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...new Set(published)].sort(), served.sort());
});

for (const file of ['order', 'shipment', 'get-order', 'get-shipment']) {
  test(`every answer of the ${file} webhook is described, and every reference can be resolved`, () => {
    const spec = read(file);
    assert.equal(spec.openapi, '3.1.0');
    const wanted = ['200', '202', '400', '401', '403', '404', '405', ...(file.startsWith('get') ? [] : ['413', '415']), '503'];
    for (const { responses } of operationsOf(spec)) assert.deepEqual(Object.keys(responses ?? {}).sort(), wanted.sort());
    assert.deepEqual(Object.keys(spec.components.securitySchemes), ['basic', 'bearer', 'staticHeader', 'oauth2']);
    const references = [...JSON.stringify(spec).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    assert.ok(references.length > 10);
    const components = spec.components as unknown as Record<string, Record<string, unknown>>;
    for (const [, kind = '', name = ''] of references) assert.ok(components[kind]?.[name], `${kind}/${name}`);
  });
}

test('lists are published with the element names of tXML', () => {
  const { schemas } = read('order').components;
  assert.equal(schemas.Order?.properties?.lines?.items?.xml?.name, 'line');
  assert.equal(schemas.Party?.properties?.names?.items?.xml?.name, 'name');
  assert.equal(schemas.OrderLine?.properties?.deliverySchedule?.items?.xml?.name, 'deliveryScheduleLine');
});

test('the published tXML example is read as the order it shows', () => {
  const body = readFileSync(new URL('../../openapi/examples/tradecloud-order.xml', import.meta.url));
  const delivery = { method: 'POST', path: '/orders', headers: {}, body, contentType: 'application/xml' } as const;
  const more = { eventType: null, eventId: null, subject: null, receivedAt: '2026-02-05T10:00:01.000Z' };
  const read = tradecloud.interpret({ ...delivery, ...more }, tradecloud.settings.parse({ webhook: {} }));
  assert.ok(read.do === 'apply');
  assert.deepEqual([read.reports[0]?.header?.number, read.reports[0]?.lines.length, read.drift], ['PO4711', 1, []]);
});
