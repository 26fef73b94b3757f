import assert from 'node:assert/strict';
import test from 'node:test';
import type { SimulatedRequest } from '../../src/platforms/contract/simulation.ts';
import { type Simulators, startSimulators } from '../../src/sandbox/simulators.ts';

async function started(t: test.TestContext, port = 0): Promise<Simulators> {
  const simulators = await startSimulators(port);
  t.after(() => simulators.stop());
  return simulators;
}

test('every platform is served below its own name, and sees the request as if it were alone', async (t) => {
  const simulators = await started(t);
  const seen: SimulatedRequest[] = [];
  simulators.host('shop', (request) => {
    seen.push(request);
    return { status: 201, headers: { 'x-shop': 'yes' }, body: 'made' };
  });
  const response = await fetch(`${simulators.origin}/shop/v1/orders/a%2Fb?page=2&q=x%20y`, {
    method: 'POST',
    headers: { 'X-Key': 'k' },
    body: '{}',
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('x-shop'), 'yes');
  assert.equal(await response.text(), 'made');
  assert.equal(seen[0]?.method, 'POST');
  assert.equal(seen[0]?.path, '/v1/orders/a%2Fb');
  assert.deepEqual(seen[0]?.query, { page: '2', q: 'x y' });
  assert.equal(seen[0]?.headers['x-key'], 'k');
  assert.equal(seen[0]?.body, '{}');
});

test('an unknown name is answered 404, an error of a simulation 500, and both have no further effect', async (t) => {
  const simulators = await started(t);
  simulators.host('broken', () => {
    throw new Error('as it may be');
  });
  assert.equal((await fetch(`${simulators.origin}/nobody/here`)).status, 404);
  assert.equal((await fetch(`${simulators.origin}/broken`)).status, 500);
  assert.equal((await fetch(`${simulators.origin}/`)).status, 404);
});

test('a body above the limit is answered 413', async (t) => {
  const simulators = await started(t);
  simulators.host('shop', () => ({ status: 200, body: '' }));
  const response = await fetch(`${simulators.origin}/shop`, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
  assert.equal(response.status, 413);
});

test('during an outage the platforms answer 503, and the sandbox itself still answers', async (t) => {
  const simulators = await started(t);
  simulators.host('shop', () => ({ status: 200, body: '' }));
  simulators.host('_sandbox', () => ({ status: 200, body: '' }));
  simulators.setOutage(true);
  assert.equal((await fetch(`${simulators.origin}/shop`)).status, 503);
  assert.equal((await fetch(`${simulators.origin}/_sandbox`)).status, 200);
  simulators.setOutage(false);
  assert.equal((await fetch(`${simulators.origin}/shop`)).status, 200);
});

test('the preferred port is used if it is free, else another one', async (t) => {
  const first = await startSimulators(0);
  const port = Number(new URL(first.origin).port);
  const beside = await started(t, port);
  assert.notEqual(beside.origin, first.origin);
  await first.stop();
  const again = await started(t, port);
  assert.equal(again.origin, first.origin);
});
