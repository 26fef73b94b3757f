import { type Subject, subjectText } from '../../../domain/entities/entity.ts';
import { RemoteFailure } from '../../../domain/errors.ts';
import { textAt } from '../../../domain/values/json.ts';
import { PAGE_SIZE, readListPage } from '../lists.ts';
import type { ApiClient } from './client.ts';

const WINDOW_MS = 60 * 60_000;
const MAX_PAGES = 4;
const WIDE_AGAIN_MS = 10 * 60_000;

/**
 * Reads header members of waiting orders from the list: 40 pages a minute against 24 details. It searches the orders updated within the
 * last hour; if none of them is there (different clocks, old times), it searches all orders once in ten minutes. An order that it does not find
 * waits for its detail: the list is only an optimisation.
 */
export function createFetchSummaries(client: ApiClient): (subjects: readonly Subject[]) => Promise<Map<string, string>> {
  let wideAgainAtMs = 0;
  return async (subjects) => {
    const waiting = new Set(subjects.filter(({ kind }) => kind === 'order').map(({ externalId }) => externalId));
    if (waiting.size === 0) return new Map();
    const nowMs = client.now().getTime();
    const recent = await look(client, waiting, { 'updatedAt[gte]': new Date(nowMs - WINDOW_MS).toISOString() });
    if (recent.size > 0 || nowMs < wideAgainAtMs) return recent;
    wideAgainAtMs = nowMs + WIDE_AGAIN_MS;
    const all = await look(client, waiting, {});
    if (all.size > 0) wideAgainAtMs = 0;
    return all;
  };
}

async function look(client: ApiClient, waiting: ReadonlySet<string>, filter: Record<string, string>): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let pageNo = 1; pageNo <= MAX_PAGES && found.size < waiting.size; pageNo++) {
    const page = await readPage(client, filter, pageNo, found.size > 0);
    if (page === null) break;
    for (const row of page.rows) {
      const externalId = textAt(row.id);
      if (externalId !== null && waiting.has(externalId)) found.set(subjectText({ kind: 'order', externalId }), JSON.stringify(row));
    }
    if (!page.more) break;
  }
  return found;
}

// The results of earlier pages are kept if a later one fails.
async function readPage(client: ApiClient, filter: Record<string, string>, pageNo: number, mayEnd: boolean) {
  const query = { ...filter, supplierId: client.api.supplierId, pageSize: PAGE_SIZE, pageNo };
  try {
    return readListPage(await client.json({ method: 'GET', path: '/v2/orders', query, budgets: ['order-search'] }), pageNo);
  } catch (error) {
    if (mayEnd && error instanceof RemoteFailure) return null;
    throw error;
  }
}
