import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import createClient from 'openapi-fetch';
import { parse } from 'yaml';
import { findBreaks, type Spec } from '../../openapi/find-breaks.ts';
import type { paths } from '../../openapi/types.ts';
import { roleOf } from '../../src/http/api/auth.ts';
import { renderDocs } from '../../src/http/api/docs-page.ts';
import { readApiSpec } from '../../src/http/api/spec.ts';
import { change, entity, insertRows } from './seed.ts';
import { ADMIN, testWithApi } from './support.ts';

const openapi = (name: string) => readFileSync(new URL(`../../openapi/${name}`, import.meta.url), 'utf8');
const copy = () => structuredClone(readApiSpec()) as unknown as Spec;

test('nothing in the released API is broken', () => {
  assert.deepEqual(findBreaks(parse(openapi('released/api.yaml')) as Spec, copy()), []);
});

test('a removed member, a new required one and a changed one are each detected as breaking', () => {
  const broken = copy() as unknown as {
    paths: Record<string, Record<string, { parameters?: object[]; operationId: string }>>;
    components: { schemas: Record<string, { required: string[]; properties: Record<string, { type?: string; enum?: string[] }> }> };
  };
  const { schemas } = broken.components;
  delete broken.paths['/drift'];
  broken.paths['/orders']?.get?.parameters?.push({ name: 'tenant', in: 'query', required: true, schema: { type: 'string' } });
  delete schemas.Line?.properties.unit;
  schemas.KeyWish?.required.push('reason');
  schemas.Attempt?.properties.outcome?.enum?.push('lost');
  if (schemas.Cause) schemas.Cause.properties.id = { type: 'integer' };
  const found = findBreaks(copy(), broken as unknown as Spec);
  for (const expected of [
    'GET /drift is gone',
    'GET /orders needs tenant now',
    'GET /orders/{id} 200/lines/*/unit is gone',
    'POST /keys body/reason is needed now',
    'GET /deliveries/{id} 200/attempts/*/outcome may be "lost" now',
    'GET /changes 200/data/*/cause/id may be integer now',
  ]) {
    assert.ok(found.includes(expected), `${expected}\nfound:\n${found.join('\n')}`);
  }
});

test('every operation documents the role it requires, and requires that role', () => {
  for (const [path, methods] of Object.entries(readApiSpec().paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      assert.equal(
        operation['x-role'],
        roleOf({ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'x') }),
        `${method} ${path}`,
      );
    }
  }
});

test('the reference page escapes what it shows', () => {
  const spec = { ...structuredClone(readApiSpec()), tags: [{ name: '<script>', description: '"><img src=x>' }] };
  const html = renderDocs(spec);
  assert.equal(/<script|<img/.test(html), false);
});

testWithApi('an ERP reads, books and acknowledges with the generated client', async (api) => {
  await insertRows(api.db, 'entities', [entity('o1'), entity('o2')]);
  await insertRows(api.db, 'changes', [change('o1', 1), change('o2', 1), change('o1', 2)]);
  const clientOf = (key: string) => createClient<paths>({ baseUrl: `${api.url}/api/v1`, headers: { Authorization: `Bearer ${key}` } });
  const admin = clientOf(ADMIN);
  const { data: made } = await admin.POST('/keys', { body: { name: 'erp', role: 'reader' } });
  const erp = clientOf(made?.key ?? '');
  const consumer = { params: { path: { name: 'erp' } } };
  await admin.PUT('/consumers/{name}', { ...consumer, body: { kind: ['order'] } });
  const booked: string[] = [];
  for (;;) {
    const { data: page } = await erp.GET('/consumers/{name}/changes', { params: { ...consumer.params, query: { limit: 2 } } });
    assert.ok(page);
    if (page.data.length === 0) break;
    for (const one of page.data) {
      const { data: order } = await erp.GET('/orders/{id}', { params: { path: { id: one.id } } });
      booked.push(`${order?.externalId} ${one.version}`);
    }
    const receipts = page.data.map(({ cursor }) => ({ cursor, status: 'booked' as const, reference: `SO-${cursor}` }));
    await erp.POST('/consumers/{name}/receipts', { ...consumer, body: { receipts } });
    const acknowledged = await erp.POST('/consumers/{name}/ack', { ...consumer, body: { cursor: page.next } });
    assert.equal(acknowledged.error, undefined);
  }
  assert.deepEqual(booked, ['x-o1 1', 'x-o2 1', 'x-o1 2']);
  assert.deepEqual((await erp.GET('/consumers/{name}/outstanding', consumer)).data?.data, []);
  const refused = await erp.PUT('/consumers/{name}', { params: { path: { name: 'mine' } } });
  assert.equal(refused.error?.code, 'forbidden');
  await admin.DELETE('/consumers/{name}', consumer);
  assert.equal((await erp.GET('/consumers/{name}/changes', consumer)).response.status, 404);
});
