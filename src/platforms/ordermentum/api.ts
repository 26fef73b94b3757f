import type { Subject } from '../../domain/entity.ts';
import { RemoteFailure } from '../../domain/errors.ts';
import { type Json, parseJson } from '../../domain/json.ts';
import type { Budget, Remote, RemoteCall, RemoteClient } from '../../remote/remote.ts';
import type { CheckResult, FetchedResource, PlatformApi } from '../contract/api.ts';
import type { OrdermentumKind } from './events.ts';
import { createFetchSummaries } from './fetch-summaries.ts';
import { createLists, streams } from './lists.ts';
import { isOrdermentumKind } from './read/resource.ts';
import type { OrdermentumApiSettings, OrdermentumSettings } from './settings.ts';
import { createWebhookManagement } from './webhooks.ts';

// A little longer than theirs: calls are counted when they go out, and not all are under way for the same time.
const PER_MINUTE = { perMs: 60_500 };

/** Calls a minute, from the page on rate limits (as known in 2026-11). None is given for invoices, credit notes and webhooks: the tightest is taken. */
const budgets: Budget[] = [
  { name: 'order-detail', calls: 24, ...PER_MINUTE },
  { name: 'order-search', calls: 40, ...PER_MINUTE },
  { name: 'purchaser-read', calls: 40, ...PER_MINUTE },
  { name: 'invoice-read', calls: 24, ...PER_MINUTE },
  { name: 'credit-note-read', calls: 24, ...PER_MINUTE },
  { name: 'webhooks', calls: 12, ...PER_MINUTE },
];

const TIMEOUT_MS = 15_000;

/** One connection's line to Ordermentum. `json` throws `RemoteFailure` for a 2xx answer that is no JSON. */
export interface ApiClient {
  api: OrdermentumApiSettings;
  remote: Remote;
  client: RemoteClient;
  json(call: RemoteCall): Promise<Json>;
}

export function connect(settings: OrdermentumSettings, remote: Remote): PlatformApi | null {
  if (!settings.api) return null;
  const line = createApiClient(settings.api, settings.api.baseUrl, remote);
  return {
    fetch: (subject, priority = 'fetch') => fetchDetail(line, subject, priority),
    fetchSummaries: createFetchSummaries(line),
    streams,
    changesSince: createLists(line),
    check: () => check(line),
    circuit: line.client.circuit,
    webhooks: createWebhookManagement(createApiClient(settings.api, managementUrl(settings.api.baseUrl), remote), settings.webhook.auth),
  };
}

function createApiClient(api: OrdermentumApiSettings, baseUrl: string, remote: Remote): ApiClient {
  const client = remote.client({
    baseUrl,
    timeoutMs: TIMEOUT_MS,
    budgets,
    sequential: false,
    authorize: keyInTurn(api.apiKey, remote),
  });
  const json = async (call: RemoteCall) => {
    const answer = await client.call({ ...call, headers: { Accept: 'application/json', ...call.headers } });
    return parseAnswer(answer.text, answer.status);
  };
  return { api, remote, client, json };
}

// The API is recommended at api.ordermentum.com, but the registration page (as known in 2026-11) names this host for webhooks.
const managementUrl = (baseUrl: string): string =>
  new URL(baseUrl).host === 'api.ordermentum.com' ? 'https://app.ordermentum.com' : baseUrl;

const CHANGED_KEY_HOLDS_MS = 10_000;

/** The first key until it is refused, then the next. Calls that were refused together with the first one must not turn the page again. */
function keyInTurn(keys: readonly string[], remote: Remote): (renew: boolean) => Promise<Record<string, string>> {
  let position = 0;
  let changedAtMs = Number.NEGATIVE_INFINITY;
  return async (renew) => {
    const nowMs = remote.now().getTime();
    if (renew && nowMs - changedAtMs > CHANGED_KEY_HOLDS_MS) {
      position = (position + 1) % keys.length;
      changedAtMs = nowMs;
    }
    return { 'x-api-key': keys[position] ?? '' };
  };
}

const details: Record<OrdermentumKind, { path: string; budget: string }> = {
  order: { path: '/v1/orders', budget: 'order-detail' },
  invoice: { path: '/v1/invoices', budget: 'invoice-read' },
  'credit-note': { path: '/v1/credit-notes', budget: 'credit-note-read' },
  purchaser: { path: '/v1/purchasers', budget: 'purchaser-read' },
};

async function fetchDetail(line: ApiClient, subject: Subject, priority: 'fetch' | 'reconcile'): Promise<FetchedResource> {
  if (!isOrdermentumKind(subject.kind)) throw new RemoteFailure('unknown_kind', `Ordermentum has no ${subject.kind}`, 0);
  const { path, budget } = details[subject.kind];
  const answer = await line.client.call({
    method: 'GET',
    path: `${path}/${encodeURIComponent(subject.externalId)}`,
    headers: { Accept: 'application/json' },
    budgets: [budget],
    priority,
  });
  parseAnswer(answer.text, answer.status);
  return { text: answer.text, partial: false };
}

function parseAnswer(text: string, status: number): Json {
  if (text.trim() === '') return null;
  try {
    return parseJson(text);
  } catch (cause) {
    throw new RemoteFailure('remote_unreadable', 'Ordermentum answered with something that is no JSON', status, null, { cause });
  }
}

const CLOCK_TOLERANCE_MS = 60_000;

async function check(line: ApiClient): Promise<CheckResult[]> {
  try {
    const query = { supplierId: line.api.supplierId, pageSize: 1, pageNo: 1 };
    const answer = await line.client.call({ method: 'GET', path: '/v2/orders', query, budgets: ['order-search'] });
    const theirs = Date.parse(answer.headers.date ?? '');
    const apartMs = Math.abs(theirs - line.remote.now().getTime());
    const clock = { what: 'clock', ok: apartMs < CLOCK_TOLERANCE_MS, text: `${Math.round(apartMs / 1000)} s apart from Ordermentum's` };
    return [
      { what: 'api', ok: true, text: `${line.api.baseUrl} accepts the API key and lists the supplier's orders` },
      ...(Number.isNaN(theirs) ? [] : [clock]),
    ];
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    return [{ what: 'api', ok: false, text: `${error.message}. Check api.apiKey, api.supplierId and api.baseUrl` }];
  }
}
