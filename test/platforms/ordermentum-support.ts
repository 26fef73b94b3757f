import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import type { PlatformApi } from '../../src/platforms/contract/api.ts';
import type { CommonSettings } from '../../src/platforms/contract/platform.ts';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';
import { remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';

export interface Call {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

export type Row = Record<string, unknown>;

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A server that answers with `reply`, and the connection's API client, on a clock that only sleep moves. */
export async function against(t: TestContext, reply: (call: Call) => Reply, apiKey: string | string[] = 'key-1', webhook: unknown = {}) {
  const calls: Call[] = [];
  const baseUrl = await remoteServer(t, (request, response, body) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const call = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers as Record<string, string>,
      body,
    };
    calls.push(call);
    const { status = 200, headers, body: answer } = reply(call);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof answer === 'string' ? answer : answer === undefined ? '' : JSON.stringify(answer));
  });
  const settings = ordermentum.settings.parse({ webhook, api: { baseUrl, apiKey, supplierId: 'supplier-1' } });
  const time = remoteOnFakeTime();
  const api = ordermentum.connect(settings, time.remote);
  assert.ok(api);
  return { api, calls, time, settings, baseUrl };
}

export const order = (id: string) => ({ kind: 'order', externalId: id }) as const;

/** For `assert.rejects`: a failure with these members. */
export const failure = (expected: Partial<RemoteFailure>) => (error: unknown) => {
  assert.ok(error instanceof RemoteFailure);
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name as keyof RemoteFailure], value, name);
  return true;
};

/** The list as Ordermentum returns it: filtered by updatedAt, oldest first, with the short `meta` of the documented example. */
export function listOf(rows: readonly Row[], query: Record<string, string>): Reply {
  const from = query['updatedAt[gte]'] ?? '';
  const size = Number(query.pageSize);
  const matching = rows.filter((row) => String(row.updatedAt) >= from).sort((a, b) => (String(a.updatedAt) < String(b.updatedAt) ? -1 : 1));
  const first = (Number(query.pageNo) - 1) * size;
  return {
    body: {
      data: matching.slice(first, first + size),
      meta: { totalResults: matching.length, pageSize: size, pageNo: Number(query.pageNo) },
    },
  };
}

/** Reads a stream to its end, as a reconcile run does. */
export async function readAll(api: PlatformApi, stream: string, watermark: string | null, since: string | null = null) {
  const records: { id: string; partial: boolean; text: string }[] = [];
  let page: string | null = null;
  let reached: string | null = null;
  do {
    const read = await api.changesSince(stream, { watermark, since, page });
    for (const { subject, text, partial } of read.records) records.push({ id: subject.externalId, text, partial: partial === true });
    page = read.next;
    reached = read.watermark;
  } while (page !== null);
  return { records, watermark: reached };
}

export const at = (n: number) => new Date(Date.parse('2026-02-01T00:00:00Z') + n * 60_000).toISOString();

export const simulated = (settings: CommonSettings, makeId: () => string, now: () => Date): Simulation =>
  ordermentum.simulate(settings, { now, random: () => 0.3, makeId, baseUrl: 'http://127.0.0.1:1' });
