import type { DeliveryState } from '../../../../domain/entities/delivery.ts';
import { action, button, table, time } from '../../components/components.ts';
import { countText, shortEvent } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { deliveriesLink, deliveryLink, link } from '../../components/links.ts';
import type { PageRequest } from '../../page.ts';
import { type KnownCause, plainError } from '../../trouble.ts';

/** Why deliveries failed, one row per fault, each with the possible actions. */
export const causeTable = (causes: readonly KnownCause[], pageRequest: PageRequest): Html =>
  table(
    'Causes',
    ['Cause', 'Deliveries', 'Connection', 'First', 'Last', ''],
    causes.map((cause) => ({
      href: deliveriesLink({ ...cause.criteria, state: stateOf(cause) }),
      cells: [
        html`<span class="clip wide" title="${cause.cause}">${causeText(cause)}</span>`,
        countsText(cause),
        html`<span class="whole faint">${cause.connections.join(', ')}</span>`,
        time(cause.first, pageRequest),
        time(cause.last, pageRequest),
        pageRequest.may('operator')
          ? html`<span class="whole">${verbs(cause, pageRequest)}</span>`
          : button('Show an example', deliveryLink(cause.sampleId)),
      ],
    })),
    'No failures.',
  );

/** The effect of an unknown event comes first: a long name is cut off at its end. */
const causeText = ({ event, cause, isApplied = false }: KnownCause): string =>
  event === null ? plainError(cause) : `${isApplied ? 'Applied as a snapshot' : 'Not applied'}: unknown event “${shortEvent(event)}”`;

/** The state of the deliveries behind a row. */
function stateOf({ event, dead, isApplied = false }: KnownCause): DeliveryState {
  if (event === null) return dead > 0 ? 'dead' : 'pending';
  return isApplied ? 'done' : 'ignored';
}

function countsText({ event, count, dead, waiting }: KnownCause): string {
  if (event !== null) return countText(count, 'delivery', 'deliveries');
  return [dead > 0 ? `${dead.toLocaleString('en')} failed` : null, waiting > 0 ? `${waiting.toLocaleString('en')} pending` : null]
    .filter(Boolean)
    .join(', ');
}

function verbs(cause: KnownCause, pageRequest: PageRequest): Html {
  const { criteria } = cause;
  if (cause.event !== null)
    return cause.isApplied
      ? html`${button('Show an example', deliveryLink(cause.sampleId))}`
      : html`${button('Replay…', link('/deliveries/replay', { ...criteria, state: 'ignored' }))}`;
  return html`${cause.waiting > 0 ? action({ path: '/deliveries/retry', label: 'Retry now', csrf: pageRequest.csrf, hidden: criteria }) : ''}
${cause.dead > 0 ? html`${button('Replay…', link('/deliveries/replay', { ...criteria, state: 'dead' }))} ${button('Dismiss…', link('/deliveries/dismiss', { ...criteria, state: 'dead' }))}` : ''}`;
}
