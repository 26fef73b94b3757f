import { Refused } from '../../../domain/errors.ts';
import { parseJson } from '../../../domain/json.ts';
import { type DeliveryContent, type DeliveryRow, readDelivery } from '../../../store/deliveries/list.ts';
import { readByCause } from '../../../store/feed/read-changes.ts';
import { facts, section, stateBadge, table, time } from '../components.ts';
import { countText, durationText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { connectionLink, deliveryLink, link } from '../links.ts';
import type { ConsolePorts, Page } from '../page.ts';
import { changeList } from './changes.ts';

const MOST_CHARACTERS = 200_000;
const MOST_CHANGES = 100;

export async function namedDelivery(ports: ConsolePorts, id: string): Promise<DeliveryRow & DeliveryContent> {
  const delivery = await readDelivery(ports.context.db.read, id);
  if (!delivery) throw new Refused(404, 'not_found', 'There is no delivery of this id.');
  return delivery;
}

/** One delivery: what came, what was tried, what it changed. */
export const deliveryPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const delivery = await namedDelivery(ports, visit.segment('id'));
    const changes = await readByCause(ports.context.db.read, delivery.id, MOST_CHANGES);
    const { now } = visit;
    return {
      title: `Delivery ${delivery.eventType ?? 'without a named event'}`,
      lead: html`<p>${leadOf(delivery, changes.length)}</p>`,
      body: html`${visit.may('operator') ? html`<p class="row"><a class="button" href="${`${deliveryLink(delivery.id)}/replay`}">Replay…</a></p>` : ''}
${facts([
  ['State', stateBadge(delivery.state)],
  ['Connection', html`<a href="${connectionLink(delivery.connection)}">${delivery.connection}</a> (${delivery.platform})`],
  [
    'About',
    delivery.subject === null ? null : html`<a href="${link('/deliveries', { subject: delivery.subject })}">${delivery.subject}</a>`,
  ],
  ['Received', time(delivery.receivedAt, now)],
  ['Finished', time(delivery.finishedAt, now)],
  ['Next attempt', time(delivery.nextAttemptAt, now)],
  ['Event id', delivery.eventId],
  ['Came again', `${delivery.duplicates} times${delivery.conflict ? ', with another body' : ''}`],
  ['Error', delivery.error],
  ['Id', html`<code>${delivery.id}</code>`],
])}
${section('Changes', changeList(changes, now, 'It changed nothing.'))}
${section('Attempts', attemptTable(delivery, now))}
${section('Body', bodyOf(delivery))}
${section('Headers', headerTable(delivery))}`,
    };
  };

function leadOf(delivery: DeliveryRow, changes: number): string {
  const changed = changes === 0 ? 'It changed nothing: what it says was known already.' : `It made ${countText(changes, 'change')}.`;
  if (delivery.state === 'done') return `It has been worked. ${changed} There is nothing to do.`;
  if (delivery.state === 'ignored') return 'It was kept and needs no effect. There is nothing to do.';
  if (delivery.state === 'dead')
    return `It is kept, but has no effect: ${delivery.error ?? 'unknown reason'}. Mend the reason, then press “Replay”.`;
  if (delivery.error !== null) return `It failed and is tried again by itself: ${delivery.error}. There is nothing to press.`;
  return 'It waits to be worked, or is being worked. There is nothing to press.';
}

const attemptTable = (delivery: DeliveryRow, now: Date): Html =>
  table(
    'Attempts',
    ['When', 'Outcome', 'Took', 'Error'],
    delivery.attempts.map((attempt) => [
      time(attempt.at, now),
      stateBadge(attempt.outcome),
      durationText(attempt.tookMs),
      attempt.error ?? '',
    ]),
    'None yet.',
  );

const headerTable = (delivery: DeliveryRow & DeliveryContent): Html =>
  html`<p class="faint"><code>${delivery.method} ${delivery.path === '' ? '/' : delivery.path}</code></p>${table(
    'Headers',
    ['Name', 'Value'],
    Object.entries(delivery.headers).map(([name, text]) => [html`<code>${name}</code>`, html`<code>${text}</code>`]),
    'None were kept.',
  )}`;

function bodyOf(delivery: DeliveryContent): Html {
  if (delivery.body === null) return html`<p class="empty">Its time has passed: the body is no longer kept.</p>`;
  if (delivery.body === '') return html`<p class="empty">It came without a body.</p>`;
  const text = delivery.bodyEncoding === 'base64' ? delivery.body : prettyText(delivery.body);
  const cut = text.length > MOST_CHARACTERS;
  return html`${delivery.bodyEncoding === 'base64' ? html`<p class="faint">No text: shown as base64.</p>` : ''}<pre tabindex="0" class="body">${cut ? text.slice(0, MOST_CHARACTERS) : text}</pre>${cut ? html`<p class="faint">The rest is left out here; the API gives it whole.</p>` : ''}`;
}

/** JSON with indents, digit for digit; anything else as it came. */
export function prettyText(text: string): string {
  try {
    return JSON.stringify(parseJson(text), null, 2);
  } catch {
    return text;
  }
}
