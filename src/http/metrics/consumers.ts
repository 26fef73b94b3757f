import { Gauge, type Registry } from 'prom-client';
import { type Lag, readLag } from '../../feed/lag.ts';
import { listConsumers } from '../../store/feed/list-consumers.ts';
import type { ApiPorts } from '../api/ports.ts';

const MOST_CONSUMERS = 1000;

/** Registers each consumer's lag as metrics. While the database is unavailable, the series have a gap. */
export function addConsumerGauges(registry: Registry, { db, clock }: Pick<ApiPorts['context'], 'db' | 'clock'>): void {
  let reading: Promise<Map<string, Lag>> | null = null;
  const readAll = async (): Promise<Map<string, Lag>> => {
    const lags = new Map<string, Lag>();
    for (const consumer of await listConsumers(db.read, { after: null, limit: MOST_CONSUMERS }))
      lags.set(consumer.name, await readLag(db.read, consumer, clock.now()));
    return lags;
  };
  // Both metrics are collected in the same scrape: they share one read.
  const read = () => {
    reading ??= readAll()
      .catch(() => new Map<string, Lag>())
      .finally(() => {
        reading = null;
      });
    return reading;
  };
  const add = (name: string, help: string, figure: keyof Lag) =>
    new Gauge({
      name,
      help,
      labelNames: ['consumer'],
      registers: [registry],
      async collect() {
        const lags = await read();
        this.reset();
        for (const [consumer, lag] of lags) this.set({ consumer }, lag[figure]);
      },
    });
  add('orderdock_consumer_lag_entries', 'Entries of the feed that a consumer has not acknowledged.', 'entries');
  add('orderdock_consumer_lag_seconds', 'Age of the oldest entry that a consumer has not acknowledged.', 'seconds');
}
