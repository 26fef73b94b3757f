import { z } from 'zod';
import type { Subject } from '../../domain/entities/entity.ts';
import { RemoteFailure } from '../../domain/errors.ts';
import { type JsonObject, textAt } from '../../domain/values/json.ts';
import { readTime } from '../../domain/values/time.ts';
import { believedTime } from '../contract/answer-time.ts';
import type { ListPosition, ListStream, ResourcePage } from '../contract/api.ts';
import type { ApiClient, ListPage } from './client/client.ts';
import { writeCentral } from './read/central-time.ts';

export const PAGE_SIZE = 100;

// The guide says CST, the FAQ says EST, and neither mentions summer time: two hours cover every interpretation, and one is spare.
const OVERLAP_MS = 3 * 3_600_000;

interface List {
  path: string;
  stream: ListStream;
  /** The filter for "changed since"; null if the list has none and is read completely. */
  filter: string | null;
  /** The member with a row's time of change. */
  time: string;
  /** The member with the id of the resource that a row belongs to. */
  id: string;
  /** Response statuses of merchants that lack this list, so that there is nothing to compare. */
  absentOn: readonly number[];
  records(rows: readonly JsonObject[]): ResourcePage['records'];
}

const each =
  (kind: Subject['kind'], id: string, wrap: (row: JsonObject) => JsonObject = (row) => row, partial = false) =>
  (rows: readonly JsonObject[]): ResourcePage['records'] =>
    rows.flatMap((row) => {
      const externalId = textAt(row[id]);
      const record = externalId === null ? null : { subject: { kind, externalId }, text: JSON.stringify(wrap(row)) };
      return record === null ? [] : [partial ? { ...record, partial } : record];
    });

/** A page of items, grouped by their order: a summary of each order. */
function itemsByOrder(rows: readonly JsonObject[]): ResourcePage['records'] {
  const orders = Map.groupBy(rows, (row) => textAt(row.order));
  return [...orders].flatMap(([externalId, items]) =>
    externalId === null ? [] : [{ subject: { kind: 'order', externalId }, text: JSON.stringify({ items }), partial: true }],
  );
}

const list = (name: string, kind: Subject['kind'], rest: Omit<List, 'path' | 'stream'>): List => ({
  path: `/${name}/`,
  stream: { name, kinds: [kind], incremental: rest.filter !== null },
  ...rest,
});

const LISTS: readonly List[] = [
  list('subscriptions', 'subscription', {
    filter: 'updated_start',
    time: 'updated',
    id: 'public_id',
    absentOn: [404],
    records: each('subscription', 'public_id'),
  }),
  list('customers', 'subscriber', {
    filter: 'updated_start',
    time: 'last_updated',
    id: 'merchant_user_id',
    absentOn: [404],
    records: each('subscriber', 'merchant_user_id'),
  }),
  list('orders', 'order', {
    filter: 'updated_start',
    time: 'updated',
    id: 'public_id',
    absentOn: [],
    records: each('order', 'public_id', (order) => ({ order }), true),
  }),
  list('items', 'order', { filter: 'order_updated_start', time: 'order_updated', id: 'order', absentOn: [404], records: itemsByOrder }),
  // Entitlements are a separate product.
  list('entitlements', 'entitlement', {
    filter: null,
    time: 'last_updated',
    id: 'public_id',
    absentOn: [403, 404],
    records: each('entitlement', 'public_id'),
  }),
];

export const streams: readonly ListStream[] = LISTS.map(({ stream }) => stream);

/** One page of a list. The watermark is the latest time of change written by the platform, never our own clock. */
export async function readChanges(client: ApiClient, name: string, start: ListPosition): Promise<ResourcePage> {
  const list = LISTS.find(({ stream }) => stream.name === name);
  if (!list) throw new RemoteFailure('unknown_stream', `There is no list of ${name}`, 0);
  const from = start.page === null ? null : readToken(start.page);
  const page = await readListPage(client, list, start, from);
  if (page.next !== null && page.next === from?.next)
    throw new RemoteFailure('remote_paging', `The list of ${name} returns the same next page again`, 200);
  const believed = page.rows.map((row) => readTime(believedTime(row[list.time], page)));
  const watermark = newest([from ? from.watermark : start.watermark, ...believed]);
  return {
    records: list.records(page.rows),
    unnamed: page.rows.filter((row) => textAt(row[list.id]) === null).length,
    next: page.next === null ? null : JSON.stringify({ next: page.next, watermark }),
    watermark,
    answeredAt: page.answeredAt,
    total: null,
  };
}

async function readListPage(client: ApiClient, list: List, start: ListPosition, from: Token | null): Promise<ListPage> {
  if (from) return client.page({ method: 'GET', path: from.next, priority: 'reconcile' });
  const since = changedSince(start);
  const readFrom = (from: string | null) => {
    const query = { page_size: PAGE_SIZE, ...(list.filter && from ? { [list.filter]: from } : {}) };
    return client.page({ method: 'GET', path: list.path, query, priority: 'reconcile' });
  };
  return readFrom(since)
    .catch((error: unknown) => {
      if (!list.filter || since === null || !isBadRequest(error)) throw error;
      // The guide filters by date and time, the reference types the filter as a date (both read 2026-11): the date alone is valid in both.
      return readFrom(since.slice(0, 'yyyy-mm-dd'.length));
    })
    .catch((error: unknown) => emptyWhereAbsent(list, error));
}

const isBadRequest = (error: unknown): boolean => error instanceof RemoteFailure && error.status === 400;

function emptyWhereAbsent({ absentOn }: List, error: unknown): ListPage {
  if (error instanceof RemoteFailure && absentOn.includes(error.status)) return { rows: [], next: null, answeredAt: null, latest: '' };
  throw error;
}

/** The filter's value in US Central time: the watermark minus the overlap, else the connection's own start. */
function changedSince({ watermark, since }: ListPosition): string | null {
  const known = watermark ?? readTime(since);
  return known === null ? null : writeCentral(new Date(Date.parse(known) - OVERLAP_MS));
}

const token = z.object({ next: z.string(), watermark: z.string().nullable() });
type Token = z.infer<typeof token>;

const readToken = (text: string): Token => token.parse(JSON.parse(text));

const newest = (times: readonly (string | null)[]): string | null =>
  times.reduce((latest, time) => (time !== null && (latest === null || time > latest) ? time : latest), null);
