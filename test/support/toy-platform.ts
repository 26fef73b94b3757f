import { z } from 'zod';
import type { Drift } from '../../src/domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../src/domain/entities/entity.ts';
import { InvalidBody, RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import { readReportedTime, readTime } from '../../src/domain/values/time.ts';
import type { ListPosition, ResourcePage } from '../../src/platforms/contract/api.ts';
import { definePlatform } from '../../src/platforms/contract/platform.ts';

/** A line of a toy order, and the order as its platform returns it. */
export interface ToyLine {
  id: string;
  position?: string | null;
  quantity: string;
  note?: string;
  updatedAt: string;
}
export interface ToyOrder {
  id: string;
  status?: string;
  updatedAt: string;
  lines: ToyLine[];
}

/** The toy platform's remote side: its responses, and how often it was called. */
export interface ToyWorld {
  orders: Map<string, ToyOrder>;
  fetches: string[];
  /** Thrown by the next fetches, one each; null: a normal response. */
  failures: (Error | null)[];
  /** Fetches of these ids are answered once the promise resolves. */
  slow: Map<string, Promise<void>>;
  pageSize: number;
  circuit: 'closed' | 'open' | 'half-open';
  /** The date of a list's responses. */
  answeredAt?: string;
  /** The number of rows on each page that name no resource. */
  unnamed?: number;
  /** Called before each page of a list: lets rows move while they are paged through. */
  beforePage?: (page: number) => void;
}

export const toyWorld = (): ToyWorld => ({
  orders: new Map(),
  fetches: [],
  failures: [],
  slow: new Map(),
  pageSize: 100,
  circuit: 'closed',
});

export function toyReport(order: ToyOrder, complete: boolean): EntityReport {
  const { lines, ...source } = order;
  return {
    kind: 'order',
    externalId: order.id,
    ...readReportedTime(order.updatedAt),
    header: { number: order.id, status: order.status ?? null, currency: null, buyer: null, supplier: null, total: null, orderedAt: null },
    lines: lines.map((line) => ({
      externalId: line.id,
      ...readReportedTime(line.updatedAt),
      content: {
        position: line.position === undefined ? line.id : line.position,
        item: null,
        description: null,
        quantity: line.quantity,
        unit: null,
        status: null,
        price: null,
        deliverySchedule: [],
      },
      source: { ...line },
    })),
    linesComplete: complete,
    documents: null,
    deleted: false,
    source,
    sourceLines: 'lines',
  };
}

const toyTombstone = (id: string): EntityReport => ({
  ...toyReport({ id, updatedAt: '', lines: [] }, false),
  lastUpdatedAt: null,
  header: null,
  source: null,
  deleted: true,
});

const settings = z.strictObject({
  webhook: z.strictObject({ auth: z.array(z.never()).optional(), allowIps: z.array(z.string()).optional(), secret: z.string() }),
});
type ToySettings = z.infer<typeof settings>;

interface ToyEvent {
  id?: string;
  type: 'order' | 'changed' | 'poison' | 'boom' | string;
  order?: ToyOrder;
  subject?: string;
}

/** A platform in forty lines: `order` events contain an order, `changed` only names one. */
export const toyPlatform = (world: ToyWorld) =>
  definePlatform<ToySettings>({
    name: 'toy',
    title: 'Toy',
    settings,
    routes: [{ method: 'POST', path: '', formats: ['json'] }],
    events: [
      { type: 'order', kind: 'order', effect: 'apply' },
      { type: 'changed', kind: 'order', effect: 'fetch' },
      { type: 'deleted', kind: 'order', effect: 'delete' },
    ],
    retryPolicy: { rule: 'tries again for ever', source: 'made up', final: [], budget: { kind: 'consecutive', limit: 10 } },
    shapes: {},
    secretHeaders: () => ['x-toy-secret'],
    authenticate: async (request, { webhook }) =>
      request.headers['x-toy-secret'] === webhook.secret
        ? { accepted: true, credential: 'secret[0]' }
        : { accepted: false, reason: 'wrong secret' },
    identify(request) {
      const event = readEvent(request.body);
      const subject: Subject = { kind: 'order', externalId: event.order?.id ?? event.subject ?? 'none' };
      return {
        eventId: event.id ?? null,
        eventType: event.type,
        subject,
        dedupeKey: event.id ?? null,
        notification: event.type === 'changed',
        mergeable: event.type === 'changed' && !event.id,
      };
    },
    interpret(delivery) {
      const event = readEvent(delivery.body);
      if (event.type === 'boom') throw new Error('a fault of ours');
      if (event.type === 'changed')
        return { do: 'fetch', subject: { kind: 'order', externalId: event.subject ?? '' }, whenMissing: 'retry', drift: [] };
      if (event.type === 'deleted') return { do: 'apply', reports: [toyTombstone(event.subject ?? '')], drift: [] };
      if (!event.order) return { do: 'ignore', reason: 'unknown event type', drift: [{ kind: 'event', name: event.type, path: '/type' }] };
      const drift: Drift[] = event.type.startsWith('unheard-of') ? [{ kind: 'event', name: event.type, path: '/type' }] : [];
      return { do: 'apply', reports: [toyReport(event.order, false)], drift };
    },
    readFetched: (_subject, text) => ({ reports: [toyReport(JSON.parse(text) as ToyOrder, true)], drift: [] }),
    connect: () => ({
      async fetch(subject) {
        world.fetches.push(subject.externalId);
        await world.slow.get(subject.externalId);
        const failure = world.failures.shift();
        if (failure) throw failure;
        const order = world.orders.get(subject.externalId);
        if (!order) throw new RemoteMissing('no such order');
        return { text: JSON.stringify(order), partial: false };
      },
      streams: [{ name: 'orders', kinds: ['order'], incremental: true }],
      changesSince: async (_stream, start) => toyPage(world, start),
      check: async () => [],
      circuit: () => world.circuit,
    }),
    portalGuide: () => [],
    sandboxConnection: (_baseUrl, secret) => ({ webhook: { secret: secret() } }),
    simulate: () => ({ answer: () => ({ status: 404, body: '' }), emit: () => [], history: [], resources: () => [] }),
  });

function toyPage(world: ToyWorld, start: ListPosition): ResourcePage {
  const failure = world.failures.shift();
  if (failure) throw failure;
  const offset = Number(start.page ?? 0);
  world.beforePage?.(offset / world.pageSize);
  const from = start.watermark ?? start.since ?? '';
  const changed = [...world.orders.values()]
    .filter((order) => order.updatedAt >= from)
    .sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : 1));
  const page = changed.slice(offset, offset + world.pageSize);
  return {
    records: page.map((order) => ({ subject: { kind: 'order', externalId: order.id }, text: JSON.stringify(order) })),
    next: offset + world.pageSize < changed.length ? String(offset + world.pageSize) : null,
    unnamed: world.unnamed ?? 0,
    watermark: page.findLast((order) => readTime(order.updatedAt) !== null)?.updatedAt ?? null,
    answeredAt: world.answeredAt ?? null,
    total: changed.length,
  };
}

function readEvent(body: Buffer): ToyEvent {
  try {
    return JSON.parse(body.toString()) as ToyEvent;
  } catch (error) {
    throw new InvalidBody('not JSON', { cause: error });
  }
}

export const serverError = (): RemoteFailure => new RemoteFailure('remote_unavailable', 'answered 500', 500);
