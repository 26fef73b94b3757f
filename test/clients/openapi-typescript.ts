import createClient from 'openapi-fetch';
import type { paths } from './generated/types.ts';

/** Reads the orders and the feed with types made by openapi-typescript; strict compilation is half of the test. */
export async function pull(baseUrl: string, key: string): Promise<{ numbers: (string | null)[]; versions: number[]; problem: string }> {
  const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
  const orders = await client.GET('/orders', { params: { query: { limit: 10, include: ['lines'] } } });
  const changes = await client.GET('/changes', { params: { query: { limit: 10 } } });
  const missing = await client.GET('/orders/{id}', { params: { path: { id: 'none' } } });
  if (!orders.data || !changes.data) throw new Error('refused');
  return {
    numbers: orders.data.data.map(({ number }) => number),
    versions: changes.data.data.map(({ version }) => version),
    problem: missing.error?.code ?? '',
  };
}
