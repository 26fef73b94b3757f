import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../../store/engine/database.ts';
import { type CountedRow, readDeadCounters, readGapCounters, readTimeCounters } from '../../store/monitoring/read-counters.ts';

/** Registers the counts kept in the database as metrics. While the database is unavailable, the series have a gap. */
export function addCounters(registry: Registry, db: Pick<Database, 'read'>): void {
  const readOrNone = (read: (sql: Database['read']) => Promise<CountedRow[]>) => read(db.read).catch((): CountedRow[] => []);
  new Gauge({
    name: 'orderdock_gaps',
    help: 'Changes that no delivery had reported, by cause, over the retained reconcile runs.',
    labelNames: ['connection', 'cause'],
    registers: [registry],
    async collect() {
      const found = await readOrNone(readGapCounters);
      this.reset();
      for (const { connection, kind, count } of found) this.set({ connection, cause: kind }, count);
    },
  });
  new Gauge({
    name: 'orderdock_dead_deliveries',
    help: 'Deliveries that failed permanently and are not processed again until they are replayed.',
    labelNames: ['connection'],
    registers: [registry],
    async collect() {
      const found = await readOrNone(readDeadCounters);
      this.reset();
      for (const { connection, count } of found) this.set({ connection }, count);
    },
  });
  addCounter(registry, { name: 'orderdock_stale_total', help: 'Reports with an older time than the stored state: without effect.' }, () =>
    readOrNone(readTimeCounters).then((found) => found.filter(({ kind }) => kind === 'stale')),
  );
  addCounter(registry, { name: 'orderdock_collisions_total', help: 'Reports with an equal time but different content: applied.' }, () =>
    readOrNone(readTimeCounters).then((found) => found.filter(({ kind }) => kind === 'collision')),
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
