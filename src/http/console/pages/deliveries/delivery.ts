import { Refused } from '../../../../domain/errors.ts';
import { isPermanentError } from '../../../../domain/outcome.ts';
import { type AuditRow, listAudit } from '../../../../store/access/list-audit.ts';
import { type DeliveryContent, type DeliveryRow, readDelivery } from '../../../../store/deliveries/list.ts';
import { readByCause } from '../../../../store/feed/read-changes.ts';
import { auditSeenBy } from '../../../api/caller.ts';
import { action, button, facts, section, stateBadge, table, time, timeAndAge } from '../../components/components.ts';
import { countText, durationText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { textView } from '../../components/json-view.ts';
import { connectionLink, deliveryLink, link } from '../../components/links.ts';
import type { ConsolePorts, Page, PageRequest } from '../../page.ts';
import { errorSentence } from '../../trouble.ts';
import { changeList } from '../orders/changes.ts';
import { isUnknownEvent, readResources, readUnknownEvents, resourceText } from './delivery-table.ts';

const MOST_CHANGES = 100;

export async function namedDelivery(ports: ConsolePorts, id: string): Promise<DeliveryRow & DeliveryContent> {
  const delivery = await readDelivery(ports.context.db.read, id);
  if (!delivery) throw new Refused(404, 'not_found', 'No delivery has this id.');
  return delivery;
}

/** One delivery: its content, its attempts, and its changes. */
export const deliveryPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const delivery = await namedDelivery(ports, pageRequest.segment('id'));
    const sql = ports.context.db.read;
    const changes = await readByCause(sql, delivery.id, MOST_CHANGES);
    const unknown = isUnknownEvent(delivery, await readUnknownEvents(sql, delivery.connection));
    const resource = (await readResources(sql, [delivery])).get(delivery.id);
    const own = { seenBy: auditSeenBy(pageRequest.caller), target: `delivery:${delivery.id}` };
    const activity = await listAudit(sql, own, { before: null, limit: 10 });
    const title =
      delivery.eventType ?? (resource ? `notification for ${resource.text}` : delivery.subject === null ? 'not readable' : 'notification');
    return {
      title: `Delivery: ${title}`,
      lead: html`<p>${leadOf(delivery, changes.length, unknown)}</p>`,
      body: html`${pageRequest.may('operator') ? verbs(delivery, ports, pageRequest) : ''}
${facts([
  ['State', html`${stateBadge(delivery.state)}`],
  ['Resource', resource === undefined && delivery.subject === null ? null : resourceText(resource, delivery.subject)],
  [
    'Connection',
    html`<a href="${connectionLink(delivery.connection)}">${delivery.connection}</a> <span class="faint">${delivery.platform}</span>`,
  ],
  ['Received', timeAndAge(delivery.receivedAt, pageRequest)],
  ['Finished', delivery.finishedAt === null ? null : timeAndAge(delivery.finishedAt, pageRequest)],
  ['Next attempt', delivery.nextAttemptAt === null ? null : timeAndAge(delivery.nextAttemptAt, pageRequest)],
  ['Duplicates', delivery.duplicates === 0 ? null : `${delivery.duplicates}${delivery.conflict ? ', payload conflict' : ''}`],
  ['Error', delivery.error],
  [
    'Dismissed',
    delivery.handled === null
      ? null
      : html`by ${delivery.handled.by} ${time(delivery.handled.at, pageRequest)}${delivery.handled.note === null ? '' : `: ${delivery.handled.note}`}`,
  ],
  ['Event id', delivery.eventId === null ? null : html`<code>${delivery.eventId}</code>`],
  ['External id', resource === undefined ? null : html`<code>${resource.title}</code>`],
  ['Delivery id', html`<code>${delivery.id}</code>`],
])}
${section('Changes', await changeList(sql, changes, pageRequest, delivery.state === 'done' ? 'None: its content was already known.' : 'Not applied yet.'))}
${section('Attempts', attemptTable(delivery, pageRequest))}
${activity.length === 0 ? '' : section('Activity', activityTable(activity, pageRequest))}
${section('Body', bodyOf(delivery))}
${section('Headers', headerTable(delivery))}`,
    };
  };

/** It failed because of its content: a replay fails again. If it was never attempted, it failed when it was received: the sender got an error. */
const isPermanent = ({ state, error }: DeliveryRow): boolean => state === 'dead' && isPermanentError(error);

function leadOf(delivery: DeliveryRow, changes: number, unknown: boolean): string {
  const { state, error } = delivery;
  const changed = changes === 0 ? 'It changed nothing: its content was already known.' : `It caused ${countText(changes, 'change')}.`;
  if (state === 'done') return `Processed. ${changed} There is nothing to do.`;
  if (unknown)
    return `Not applied: unknown event${delivery.eventType === null ? '' : ` “${delivery.eventType}”`}. Its content is stored; the ERP does not see it. Report it to the adapter's maintainer, and replay after the update.`;
  if (state === 'ignored')
    return `Stored without effect: ${error ?? 'the event concerns nothing that is stored here'}. There is nothing to do.`;
  if (state === 'handled') return `Dismissed by ${delivery.handled?.by ?? 'an operator'}: it was never applied. It can still be replayed.`;
  if (isPermanent(delivery))
    return `Not applied: ${errorSentence(error ?? '')}${delivery.attempts.length === 0 ? ' The sender got a 400.' : ''} A replay would fail again: ask the platform to send it again, then dismiss it here.`;
  if (state === 'dead') return `Not applied: ${errorSentence(error ?? 'unknown reason')} Fix the cause, then replay.`;
  if (error !== null)
    return `Failed, will be retried automatically: ${errorSentence(error)} After a fix, press “Retry now” instead of waiting.`;
  return 'Queued, or being processed. There is nothing to do.';
}

/** The actions that make sense in its state; for an unreadable body, a replay is not the primary one. */
function verbs(delivery: DeliveryRow, ports: ConsolePorts, pageRequest: PageRequest): Html {
  const { id, state, error, connection } = delivery;
  const path = `/deliveries/${encodeURIComponent(id)}`;
  if (state === 'pending' || state === 'working')
    return error === null
      ? html``
      : html`<p class="row">${action({ path: '/deliveries/retry', label: 'Retry now', csrf: pageRequest.csrf, hidden: { id }, look: 'primary' })}</p>`;
  const known = ports.context.connections.get(connection);
  const isPermanentFailure = isPermanent(delivery);
  return html`<p class="row">${isPermanentFailure && known && ports.hasApi(known) ? action({ path: `/connections/${encodeURIComponent(connection)}/reconcile`, label: 'Reconcile now', csrf: pageRequest.csrf, look: 'primary' }) : ''}
${button('Replay…', `${deliveryLink(id)}/replay`)}${state === 'dead' ? html` ${button('Dismiss…', link('/deliveries/dismiss', { id }))}` : ''}
${button('Body as received', link(`${path}/body`))}</p>`;
}

/** The audit entries of this delivery. */
const activityTable = (entries: readonly AuditRow[], pageRequest: PageRequest): Html =>
  table(
    'Activity',
    ['When', 'Who', 'Action', 'Result'],
    entries.map(({ at, who, action: verb, result }) => ({ cells: [time(at, pageRequest), who, verb, result] })),
    '',
  );

const attemptTable = (delivery: DeliveryRow, pageRequest: PageRequest): Html =>
  table(
    'Attempts',
    ['When', 'Outcome', 'Took', 'Error'],
    delivery.attempts.map((attempt) => ({
      cells: [time(attempt.at, pageRequest), stateBadge(attempt.outcome), durationText(attempt.tookMs), attempt.error ?? ''],
    })),
    'None yet.',
  );

const headerTable = (delivery: DeliveryRow & DeliveryContent): Html =>
  html`<p class="faint"><code>${delivery.method} ${delivery.path === '' ? '/' : delivery.path}</code></p>${table(
    'Headers',
    ['Name', 'Value'],
    Object.entries(delivery.headers).map(([name, text]) => ({ cells: [html`<code>${name}</code>`, html`<code>${text}</code>`] })),
    'None are stored.',
  )}`;

function bodyOf(delivery: DeliveryContent): Html {
  if (delivery.body === null) return html`<p class="empty">The body has been deleted: its retention time has passed.</p>`;
  if (delivery.body === '') return html`<p class="empty">It had no body.</p>`;
  return html`${delivery.bodyEncoding === 'base64' ? html`<p class="faint">Not text: shown as base64.</p>` : ''}${textView(delivery.body, 'body')}`;
}
