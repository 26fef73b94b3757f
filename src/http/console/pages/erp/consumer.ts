import { Refused } from '../../../../domain/errors.ts';
import { readNamesOf } from '../../../../store/entities/list-names.ts';
import { readConsumer } from '../../../../store/feed/list-consumers.ts';
import { listReceipts, type ReceiptRow } from '../../../../store/feed/list-receipts.ts';
import { badge, button, facts, pager, section, stateBadge, table, time, timeAndAge } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText, spanText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { consumerLink, entityLink, link } from '../../components/links.ts';
import { type ConsolePorts, PAGE_ROWS, type Page, type PageRequest, positionParam, type View } from '../../page.ts';
import { shortId } from '../deliveries/delivery-table.ts';
import { type ConsumerStatus, filterText, lagText, readConsumerStatus, rejectedText } from './consumers.ts';

async function namedConsumer(ports: ConsolePorts, pageRequest: PageRequest): Promise<ConsumerStatus> {
  const consumer = await readConsumer(ports.context.db.read, pageRequest.segment('name'));
  if (!consumer) throw new Refused(404, 'not_found', `No consumer is named ${pageRequest.segment('name')}.`);
  return readConsumerStatus(ports, consumer, pageRequest.now);
}

/** One consumer of the feed: its position and its receipts. */
export const consumerPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const found = await namedConsumer(ports, pageRequest);
    const { consumer } = found;
    const status = pageRequest.param('status');
    const after = positionParam(pageRequest, 'after');
    const receipts = await listReceipts(ports.context.db.read, consumer.name, { status, after: String(after ?? 0), limit: PAGE_ROWS + 1 });
    const rows = receipts.slice(0, PAGE_ROWS);
    const path = `/consumers/${encodeURIComponent(consumer.name)}`;
    return {
      title: `Consumer ${consumer.name}`,
      lead: html`<p>${leadOf(found)}</p>`,
      body: html`${statusFacts(found, pageRequest)}
${section(
  'Receipts',
  html`${filterForm(path, [{ name: 'status', label: 'Status', value: status, choices: ['booked', 'rejected'] }])}${await receiptTable(ports, rows, pageRequest)}${pager(
    receipts.length > PAGE_ROWS ? link(path, { status, after: rows.at(-1)?.position }) : null,
    after === null ? null : link(path, { status }),
  )}`,
)}
${pageRequest.may('operator') ? section('Delete', html`<p class="row">${button('Delete this consumer…', `${consumerLink(consumer.name)}/delete`)}</p>`) : ''}`,
    };
  };

function leadOf({ lag, isLate, rejected }: ConsumerStatus): string {
  const behind =
    lag.entries === 0
      ? 'It has acknowledged everything there is.'
      : `It is ${lagText(lag)}.${isLate ? " It should have read by now: check that the ERP's job runs, and that its key is valid." : ''}`;
  return `${behind}${rejected === 0 ? '' : ` ${rejected === 1 ? 'One change was' : `${rejectedText(rejected)} changes were`} rejected: correct the cause in the ERP, then send the receipt as booked.`}`;
}

const statusFacts = ({ consumer, lag, isLate, outstandingSince, rejected }: ConsumerStatus, pageRequest: PageRequest): Html =>
  facts([
    ['Behind', isLate ? badge(lagText(lag), 'bad') : lagText(lag)],
    ['Last read', timeAndAge(consumer.lastReadAt, pageRequest)],
    ['Last acknowledged', timeAndAge(consumer.lastAckAt, pageRequest)],
    [
      'Oldest unconfirmed',
      outstandingSince === null ? 'none' : `${spanText(pageRequest.now.getTime() - Date.parse(outstandingSince))} ago`,
    ],
    ['Rejected', rejected === 0 ? '0' : badge(rejectedText(rejected), 'bad')],
    ['Filter', filterText(consumer)],
    ['Position', html`<code>${consumer.cursor}</code>`],
    ['Alert', `when behind for ${spanText(consumer.alertAfterSeconds * 1000)}`],
    ['Notified at', consumer.notifyUrl],
    ['Registered', time(consumer.createdAt, pageRequest)],
  ]);

async function receiptTable(ports: ConsolePorts, rows: readonly ReceiptRow[], pageRequest: PageRequest): Promise<Html> {
  const names = await readNamesOf(
    ports.context.db.read,
    rows.map(({ id }) => id),
  );
  return table(
    'Receipts',
    ['At', 'Status', 'Entity', 'Version', 'ERP reference', 'Reason', 'Change'],
    rows.map((row) => ({
      cells: [
        time(row.at, pageRequest),
        stateBadge(row.status),
        html`<a class="whole" href="${entityLink(row.id)}" title="${row.externalId}">${row.kind} ${names.get(row.id)?.number ?? shortId(row.externalId)}</a>`,
        row.version,
        row.reference ?? '',
        row.reason ?? '',
        html`<a href="${link(`/changes/${row.position}`)}">change ${row.position}</a>`,
      ],
    })),
    'No receipt matches. The ERP sends one for each change that it booked or rejected: POST …/receipts.',
  );
}

/** Shows what is deleted together with a consumer and asks for its name to be typed. */
export const deleteConsumerPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) =>
    deleteConsumerView(ports, pageRequest, null);

export async function deleteConsumerView(ports: ConsolePorts, pageRequest: PageRequest, problem: string | null): Promise<View> {
  const { consumer, lag } = await namedConsumer(ports, pageRequest);
  return {
    title: `Delete consumer ${consumer.name}`,
    status: problem === null ? 200 : 400,
    refreshSeconds: null,
    lead: html`<p>Its position (<code>${consumer.cursor}</code>, ${lag.entries === 0 ? 'nothing unread' : `${countText(lag.entries, 'change')} unread`}) and all its receipts are deleted. An ERP that registers under this name again reads everything from the beginning. This cannot be undone.</p>`,
    body: deleteForm(consumer.name, pageRequest, problem),
  };
}

const deleteForm = (name: string, pageRequest: PageRequest, problem: string | null): Html =>
  html`<form class="stacked" method="post" action="${link(`/consumers/${encodeURIComponent(name)}/drop`)}"><input type="hidden" name="csrf" value="${pageRequest.csrf}">
${problem === null ? '' : html`<p class="problem" role="alert">${problem}</p>`}
<label>Type the name of the consumer to delete it <input type="text" name="confirm" required autocomplete="off" spellcheck="false"></label>
<span class="row"><button class="danger">Delete ${name}</button> ${button('Keep it', consumerLink(name))}</span></form>`;
