import type { FailureCause } from '../../../../views/causes.ts';
import { action, button, table, time } from '../../components/components.ts';
import { countText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { deliveriesLink, deliveryLink, link } from '../../components/links.ts';
import type { PageRequest } from '../../page.ts';
import { plainError } from '../../trouble.ts';

/** Why deliveries failed, one row per fault, each with the possible actions. */
export const causeTable = (causes: readonly FailureCause[], pageRequest: PageRequest): Html =>
  table(
    'Causes',
    ['Cause', 'Deliveries', 'Connection', 'First', 'Last', ''],
    causes.map((cause) => ({
      href:
        cause.event === null
          ? deliveriesLink({ ...cause.criteria, state: cause.dead > 0 ? 'dead' : 'pending' })
          : deliveriesLink({ ...cause.criteria, state: 'ignored' }),
      cells: [
        html`<span class="clip wide" title="${cause.cause}">${cause.event === null ? plainError(cause.cause) : `Unknown event “${cause.event}”: not applied`}</span>`,
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

function countsText({ event, count, dead, waiting }: FailureCause): string {
  if (event !== null) return countText(count, 'delivery', 'deliveries');
  return [dead > 0 ? `${dead.toLocaleString('en')} failed` : null, waiting > 0 ? `${waiting.toLocaleString('en')} pending` : null]
    .filter(Boolean)
    .join(', ');
}

function verbs(cause: FailureCause, pageRequest: PageRequest): Html {
  const { criteria } = cause;
  if (cause.event !== null) return html`${button('Replay…', link('/deliveries/replay', { ...criteria, state: 'ignored' }))}`;
  return html`${cause.waiting > 0 ? action({ path: '/deliveries/retry', label: 'Retry now', csrf: pageRequest.csrf, hidden: criteria }) : ''}
${cause.dead > 0 ? html`${button('Replay…', link('/deliveries/replay', { ...criteria, state: 'dead' }))} ${button('Dismiss…', link('/deliveries/dismiss', { ...criteria, state: 'dead' }))}` : ''}`;
}
