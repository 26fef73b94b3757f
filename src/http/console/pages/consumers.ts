import { type ConsumerRow, listConsumers } from '../../../store/feed/list-consumers.ts';
import { countAfter, readOutstanding } from '../../../store/feed/read-changes.ts';
import { action, table, time } from '../components.ts';
import { countText, spanText } from '../format.ts';
import { html } from '../html.ts';
import type { ConsolePorts, Page } from '../page.ts';

const MOST_COUNTED = 10_000;
const MOST_CONSUMERS = 200;

interface Standing {
  consumer: ConsumerRow;
  /** Entries that it has not acknowledged, up to `MOST_COUNTED`. */
  behind: number;
  /** Since when the oldest entry it has read waits for a receipt; null: none does. */
  outstandingSince: string | null;
}

async function standingOf(ports: ConsolePorts, consumer: ConsumerRow): Promise<Standing> {
  const sql = ports.context.db.read;
  const behind = await countAfter(sql, consumer.filter, consumer.position, MOST_COUNTED);
  const upTo = consumer.lastRead?.position ?? consumer.position;
  const [oldest] = await readOutstanding(sql, consumer.name, consumer.filter, { after: consumer.startPosition, upTo, limit: 1 });
  return { consumer, behind, outstandingSince: oldest?.at ?? null };
}

const behindText = (behind: number): string =>
  behind >= MOST_COUNTED ? `${MOST_COUNTED.toLocaleString('en')} or more` : behind.toLocaleString('en');

/** Who reads the feed, how far they are, and what they have not said to have booked. */
export const consumersPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const consumers = await listConsumers(ports.context.db.read, { after: null, limit: MOST_CONSUMERS });
    const standings = await Promise.all(consumers.map((consumer) => standingOf(ports, consumer)));
    const late = standings.filter(({ behind }) => behind > 0).length;
    return {
      title: 'Consumers',
      lead: html`<p>${consumers.length === 0 ? 'Nobody has registered as a reader of the feed.' : late === 0 ? 'All have acknowledged everything there is.' : `${countText(late, 'consumer has', 'consumers have')} not acknowledged everything yet. Nothing they have not passed is ever deleted; drop one that will not come back.`}</p>`,
      body: table(
        'Consumers',
        ['Name', 'Reads', 'Position', 'Not acknowledged', 'Oldest without receipt', 'Last read', 'Last acknowledged', ''],
        standings.map(({ consumer, behind, outstandingSince }) => [
          consumer.name,
          [...(consumer.filter.kinds ?? []), ...(consumer.filter.connections ?? [])].join(', ') || 'everything',
          html`<code>${consumer.cursor}</code>`,
          behindText(behind),
          outstandingSince === null ? 'none' : spanText(visit.now.getTime() - Date.parse(outstandingSince)),
          time(consumer.lastReadAt, visit.now),
          time(consumer.lastAckAt, visit.now),
          visit.may('operator')
            ? action({ path: `/consumers/${encodeURIComponent(consumer.name)}/drop`, label: 'Drop', csrf: visit.csrf, danger: true })
            : '',
        ]),
        'None.',
      ),
    };
  };
