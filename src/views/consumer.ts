import type { ConsumerRow } from '../store/feed/list-consumers.ts';

export const CONSUMER_COLUMNS = [
  'name',
  'position',
  'kind',
  'connection',
  'createdAt',
  'lastReadAt',
  'lastReadPosition',
  'lastAckAt',
  'lag.entries',
  'lag.seconds',
  'alertAfterSeconds',
  'notify.url',
];

/** A consumer as shown by the API, without the secret of its notifications. */
export const consumerView = (consumer: ConsumerRow, lag: { entries: number; seconds: number }) => ({
  name: consumer.name,
  position: consumer.cursor,
  kind: consumer.filter.kinds,
  connection: consumer.filter.connections,
  createdAt: consumer.createdAt,
  lastReadAt: consumer.lastReadAt,
  lastReadPosition: consumer.lastRead?.cursor ?? null,
  lastAckAt: consumer.lastAckAt,
  lag,
  alertAfterSeconds: consumer.alertAfterSeconds,
  notify: consumer.notifyUrl === null ? null : { url: consumer.notifyUrl },
});
