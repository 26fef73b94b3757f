import { listConsumers } from '../../../../store/feed/list-consumers.ts';
import { ageText } from '../../components/components.ts';
import { consumerLink } from '../../components/links.ts';
import type { ConsolePorts } from '../../page.ts';
import type { Trouble } from '../../trouble.ts';
import { type ConsumerStatus, lagText, readConsumerStatus, rejectedText } from './consumers.ts';

const MOST_CONSUMERS = 50;

/** ERPs that have stopped reading, and changes they could not book. */
export async function consumerTroubles(ports: ConsolePorts, now: Date): Promise<Trouble[]> {
  const consumers = await listConsumers(ports.context.db.read, { after: null, limit: MOST_CONSUMERS });
  const statuses = await Promise.all(consumers.map((consumer) => readConsumerStatus(ports, consumer, now)));
  return statuses.flatMap((status) => [...late(status, now), ...rejected(status)]);
}

const late = ({ consumer, lag, isLate }: ConsumerStatus, now: Date): Trouble[] =>
  isLate
    ? [
        {
          tone: 'bad',
          effect: 'none',
          sentence: `The consumer ${consumer.name} is ${lagText(lag)}: it ${consumer.lastReadAt === null ? 'has never read' : `last read ${ageText(consumer.lastReadAt, now)}`}. Nothing is lost, but the ERP does not get the changes: check that its job runs, and that its key is valid.`,
          since: new Date(now.getTime() - lag.seconds * 1000).toISOString(),
          steps: [{ kind: 'link', label: 'See the consumer', href: consumerLink(consumer.name) }],
        },
      ]
    : [];

const rejected = ({ consumer, rejected: number }: ConsumerStatus): Trouble[] =>
  number === 0
    ? []
    : [
        {
          tone: 'watch',
          effect: 'none',
          sentence: `The ERP (${consumer.name}) rejected ${number === 1 ? 'a change' : `${rejectedText(number)} changes`}: read, but not booked.`,
          since: null,
          steps: [{ kind: 'link', label: number === 1 ? 'See why' : 'See them', href: `${consumerLink(consumer.name)}?status=rejected` }],
        },
      ];
