import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../../store/engine/database.ts';
import { type CountedRow, readDeadCounters, readGapCounters, readTimeCounters } from '../../store/monitoring/read-counters.ts';

/** Adds what the store has counted to the figures that Prometheus reads. Without the store there is a gap in the chart. */
export function addCounters(registry: Registry, db: Pick<Database, 'read'>): void {
  const kept = (read: (sql: Database['read']) => Promise<CountedRow[]>) => read(db.read).catch((): CountedRow[] => []);
  new Gauge({
    name: 'orderdock_gaps',
    help: 'Changes that no delivery had reported, by why: of the reconcile runs that are kept.',
    labelNames: ['connection', 'cause'],
    registers: [registry],
    async collect() {
      const found = await kept(readGapCounters);
      this.reset();
      for (const { connection, kind, count } of found) this.set({ connection, cause: kind }, count);
    },
  });
  new Gauge({
    name: 'orderdock_dead_deliveries',
    help: 'Deliveries that nobody works any more, until they are replayed.',
    labelNames: ['connection'],
    registers: [registry],
    async collect() {
      const found = await kept(readDeadCounters);
      this.reset();
      for (const { connection, count } of found) this.set({ connection }, count);
    },
  });
  addCounter(registry, { name: 'orderdock_stale_total', help: 'Told with an older time than what is held: without effect.' }, () =>
    kept(readTimeCounters).then((found) => found.filter(({ kind }) => kind === 'stale')),
  );
  addCounter(registry, { name: 'orderdock_collisions_total', help: 'Told with an equal time but other content: applied.' }, () =>
    kept(readTimeCounters).then((found) => found.filter(({ kind }) => kind === 'collision')),
  );
}

function addCounter(registry: Registry, named: { name: string; help: string }, read: () => Promise<CountedRow[]>): void {
  new Counter({
    ...named,
    labelNames: ['connection'],
    registers: [registry],
    async collect() {
      const found = await read();
      this.reset();
      for (const { connection, count } of found) this.inc({ connection }, count);
    },
  });
}
