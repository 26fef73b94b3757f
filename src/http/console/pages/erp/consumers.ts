import { type Lag, readLag } from '../../../../feed/lag.ts';
import { type ConsumerRow, listConsumers } from '../../../../store/feed/list-consumers.ts';
import { listReceipts } from '../../../../store/feed/list-receipts.ts';
import { readOutstanding } from '../../../../store/feed/read-changes.ts';
import { badge, command, table, time } from '../../components/components.ts';
import { countText, spanText } from '../../components/format.ts';
import { type Content, html } from '../../components/html.ts';
import { consumerLink } from '../../components/links.ts';
import type { ConsolePorts, Page } from '../../page.ts';

const MOST_CONSUMERS = 200;
const MOST_REJECTED = 100;

/** A consumer of the feed, its lag and its receipts. */
export interface ConsumerStatus {
  consumer: ConsumerRow;
  lag: Lag;
  isLate: boolean;
  /** When the oldest entry without a receipt was read; null: there is none. */
  outstandingSince: string | null;
  /** Changes that it could not book, up to `MOST_REJECTED`. */
  rejected: number;
}

export async function readConsumerStatus(ports: ConsolePorts, consumer: ConsumerRow, now: Date): Promise<ConsumerStatus> {
  const sql = ports.context.db.read;
  const lag = await readLag(sql, consumer, now);
  const upTo = consumer.lastRead?.position ?? consumer.position;
  const [oldest] = await readOutstanding(sql, consumer.name, consumer.filter, { after: consumer.startPosition, upTo, limit: 1 });
  const rejected = await listReceipts(sql, consumer.name, { status: 'rejected', after: '0', limit: MOST_REJECTED });
  return {
    consumer,
    lag,
    isLate: lag.seconds > consumer.alertAfterSeconds,
    outstandingSince: oldest?.at ?? null,
    rejected: rejected.length,
  };
}

export const rejectedText = (rejected: number): string => (rejected >= MOST_REJECTED ? `${MOST_REJECTED} or more` : String(rejected));

/** `21 changes, oldest 11 min`. */
export const lagText = ({ entries, seconds }: Lag): string =>
  entries === 0 ? 'up to date' : `${countText(entries, 'change')} behind, oldest ${spanText(seconds * 1000)}`;

export const filterText = ({ filter }: ConsumerRow): string =>
  [...(filter.kinds ?? []), ...(filter.connections ?? [])].join(', ') || 'everything';

/** All consumers of the feed with their lag and unconfirmed changes. */
export const consumersPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const consumers = await listConsumers(ports.context.db.read, { after: null, limit: MOST_CONSUMERS });
    const statuses = await Promise.all(consumers.map((consumer) => readConsumerStatus(ports, consumer, pageRequest.now)));
    return {
      title: 'Consumers',
      lead: html`<p>${leadOf(statuses)}</p>`,
      body: table(
        'Consumers',
        ['Name', 'Filter', 'Behind', 'Last read', 'Last acknowledged', 'Oldest unconfirmed', 'Rejected'],
        statuses.map(({ consumer, lag, isLate, outstandingSince, rejected }) => ({
          href: consumerLink(consumer.name),
          id: consumer.name,
          cells: [
            consumer.name,
            filterText(consumer),
            isLate ? badge(lagText(lag), 'bad') : lagText(lag),
            time(consumer.lastReadAt, pageRequest),
            time(consumer.lastAckAt, pageRequest),
            outstandingSince === null
              ? html`<span class="faint">none</span>`
              : spanText(pageRequest.now.getTime() - Date.parse(outstandingSince)),
            rejected === 0
              ? html`<span class="faint">0</span>`
              : html`<a href="${consumerLink(consumer.name)}?status=rejected">${badge(rejectedText(rejected), 'bad')}</a>`,
          ],
        })),
        EMPTY,
      ),
    };
  };

function leadOf(statuses: readonly ConsumerStatus[]): Content {
  if (statuses.length === 0) return 'No ERP reads the feed as a consumer yet.';
  const late = statuses.filter(({ isLate }) => isLate);
  const behind = statuses.filter(({ lag }) => lag.entries > 0);
  const rejected = statuses.reduce((sum, one) => sum + one.rejected, 0);
  const parts = [
    late.length > 0
      ? `${late.map(({ consumer, lag }) => `${consumer.name} is ${lagText(lag)}`).join('; ')}: check that the ERP's job runs.`
      : null,
    late.length === 0 && behind.length > 0
      ? `${countText(behind.length, 'consumer has', 'consumers have')} changes to acknowledge, none for long.`
      : null,
    behind.length === 0 ? 'All are up to date.' : null,
    rejected > 0 ? `${countText(rejected, 'change was', 'changes were')} rejected by the ERP.` : null,
  ];
  return parts.filter((part) => part !== null).join(' ');
}

const EMPTY = html`<p>Three requests connect an ERP. Register it, read, and acknowledge what is booked:</p>
<p>${command('curl -X PUT -H "Authorization: Bearer $KEY" $URL/api/v1/consumers/erp')}</p>
<p>${command('curl -H "Authorization: Bearer $KEY" $URL/api/v1/consumers/erp/changes')}</p>
<p>${command('curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d \'{"cursor":"…"}\' $URL/api/v1/consumers/erp/ack')}</p>`;
