import { getOrder, listChanges, listOrders } from './generated/hey-api/index.ts';

/** The same with a client made by @hey-api/openapi-ts. */
export async function pull(baseUrl: string, key: string): Promise<{ numbers: (string | null)[]; versions: number[]; problem: string }> {
  const options = { baseUrl, headers: { Authorization: `Bearer ${key}` } };
  const orders = await listOrders({ ...options, query: { limit: 10, include: ['lines'] } });
  const changes = await listChanges({ ...options, query: { limit: 10 } });
  const missing = await getOrder({ ...options, path: { id: 'none' } });
  if (!orders.data || !changes.data) throw new Error(JSON.stringify(orders.error ?? changes.error));
  return {
    numbers: orders.data.data.map(({ number }) => number),
    versions: changes.data.data.map(({ version }) => version),
    problem: missing.error?.code ?? '',
  };
}
