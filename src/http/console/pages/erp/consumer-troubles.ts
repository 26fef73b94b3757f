import { listConsumers } from '../../../../store/feed/list-consumers.ts';
import { ageText } from '../../components/components.ts';
import { consumerLink } from '../../components/links.ts';
import type { ConsolePorts } from '../../page.ts';
import type { Trouble } from '../../trouble.ts';
import { lagText, rejectedText, type Standing, standingOf } from './consumers.ts';

const MOST_CONSUMERS = 50;

/** ERPs that have stopped reading, and changes they could not book. */
export async function consumerTroubles(ports: ConsolePorts, now: Date): Promise<Trouble[]> {
  const consumers = await listConsumers(ports.context.db.read, { after: null, limit: MOST_CONSUMERS });
  const standings = await Promise.all(consumers.map((consumer) => standingOf(ports, consumer, now)));
  return standings.flatMap((standing) => [...late(standing, now), ...rejected(standing)]);
}

const late = ({ consumer, lag, isLate }: Standing, now: Date): Trouble[] =>
  isLate
    ? [
        {
          tone: 'bad',
          effect: 'none',
          sentence: `The consumer ${consumer.name} is ${lagText(lag)}: it ${consumer.lastReadAt === null ? 'has never read' : `last read ${ageText(consumer.lastReadAt, now)}`}. Nothing is lost, but the ERP does not get it: check that its job runs, and that its key is valid.`,
          since: new Date(now.getTime() - lag.seconds * 1000).toISOString(),
          steps: [{ kind: 'link', label: 'See the consumer', href: consumerLink(consumer.name) }],
        },
      ]
    : [];

const rejected = ({ consumer, rejected: number }: Standing): Trouble[] =>
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
