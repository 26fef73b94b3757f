import type { Subject } from '../../domain/entities/entity.ts';
import { RemoteFailure } from '../../domain/errors.ts';
import { objectAt, textAt } from '../../domain/values/json.ts';
import { outgoingPath } from '../../domain/values/outgoing-path.ts';
import type { Remote } from '../../remote/remote.ts';
import type { CheckResult, FetchedResource, PlatformApi } from '../contract/api.ts';
import { assertSameId } from '../contract/assert-same-id.ts';
import { type ApiClient, createApiClient, parseAnswer } from './client/client.ts';
import { createFetchSummaries } from './client/fetch-summaries.ts';
import { createManagementClient } from './client/management-client.ts';
import type { OrdermentumKind } from './events.ts';
import { createLists, streams } from './lists.ts';
import { unwrapped } from './read/members.ts';
import { isOrdermentumKind } from './read/resource.ts';
import type { OrdermentumSettings } from './settings.ts';
import { createWebhookManagement } from './webhooks.ts';

export function connect(settings: OrdermentumSettings, remote: Remote): PlatformApi | null {
  if (!settings.api) return null;
  const client = createApiClient(settings.api, settings.api.baseUrl, remote);
  return {
    fetch: (subject, priority = 'fetch') => fetchDetail(client, subject, priority),
    fetchSummaries: createFetchSummaries(client),
    streams,
    changesSince: createLists(client),
    check: () => check(client),
    circuit: client.circuit,
    webhooks: createWebhookManagement(createManagementClient(settings.api, remote), settings.webhook.auth),
  };
}

const details: Record<OrdermentumKind, { path: string; budget: string }> = {
  order: { path: '/v1/orders', budget: 'order-detail' },
  invoice: { path: '/v1/invoices', budget: 'invoice-read' },
  'credit-note': { path: '/v1/credit-notes', budget: 'credit-note-read' },
  purchaser: { path: '/v1/purchasers', budget: 'purchaser-read' },
};

async function fetchDetail(client: ApiClient, subject: Subject, priority: 'fetch' | 'reconcile'): Promise<FetchedResource> {
  if (!isOrdermentumKind(subject.kind)) throw new RemoteFailure('kind_not_fetchable', `Ordermentum has no ${subject.kind}`, 0);
  const { path, budget } = details[subject.kind];
  const answer = await client.call({
    method: 'GET',
    path: path + outgoingPath`/${subject.externalId}`,
    headers: { Accept: 'application/json' },
    budgets: [budget],
    priority,
  });
  // An error message in the form of a success would leave nothing of what is stored.
  const id = textAt(unwrapped(objectAt(parseAnswer(answer.text, answer.status))).id);
  if (id === null) throw new RemoteFailure('remote_unreadable', `The ${subject.kind} has no id`, answer.status);
  assertSameId(subject.externalId, id);
  return { text: answer.text, partial: false };
}

const CLOCK_TOLERANCE_MS = 60_000;

async function check(client: ApiClient): Promise<CheckResult[]> {
  try {
    const query = { supplierId: client.api.supplierId, pageSize: 1, pageNo: 1 };
    const answer = await client.call({ method: 'GET', path: '/v2/orders', query, budgets: ['order-search'] });
    const theirs = Date.parse(answer.headers.date ?? '');
    const apartMs = Math.abs(theirs - client.now().getTime());
    const clock = { what: 'clock', ok: apartMs < CLOCK_TOLERANCE_MS, text: `${Math.round(apartMs / 1000)} s apart from Ordermentum's` };
    return [
      { what: 'api', ok: true, text: `${client.api.baseUrl} accepts the credentials and lists the supplier's orders` },
      ...(Number.isNaN(theirs) ? [] : [clock]),
    ];
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    return [{ what: 'api', ok: false, text: `${error.message}. Check api.apiKey or api.token, api.supplierId and api.baseUrl` }];
  }
}
