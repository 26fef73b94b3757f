import { Gauge, type Registry } from 'prom-client';
import type { Invariants } from '../../monitoring/invariants.ts';
import type { ApiPorts } from '../api/ports.ts';

type Ports = Pick<ApiPorts, 'health'> & {
  connections: ApiPorts['context']['connections'];
  invariants: { check(): Promise<Invariants>; last(): Invariants | null };
  now(): Date;
};

const INVARIANTS_LAST_MS = 60_000;

type Health = Awaited<ReturnType<Ports['health']>>;

/** A gauge per connection and how it is derived from the connection's health. */
interface Figure {
  name: string;
  help: string;
  set(gauge: Gauge, connection: string, health: Health): void;
}

const FIGURES: readonly Figure[] = [
  {
    name: 'orderdock_backlog',
    help: 'Deliveries that are waiting or being processed.',
    set: (gauge, connection, { backlog }) => gauge.set({ connection }, backlog),
  },
  {
    name: 'orderdock_proven_lag_seconds',
    help: 'Age of the point up to which reconciliation has verified completeness.',
    set: (gauge, connection, { lagMs }) => lagMs !== null && gauge.set({ connection }, lagMs / 1000),
  },
  {
    name: 'orderdock_circuit_open',
    help: '1 while calls to the API of a connection are suspended because it keeps failing.',
    set: (gauge, connection, { circuit }) => circuit !== null && gauge.set({ connection }, circuit === 'closed' ? 0 : 1),
  },
  {
    name: 'orderdock_failure_budget_used_ratio',
    help: "Share of the platform's failure budget that failures have used up.",
    set: (gauge, connection, { failureBudget }) => gauge.set({ connection }, failureBudget.usedPercent / 100),
  },
  {
    name: 'orderdock_silent',
    help: '1 while a connection is quiet for longer than its history explains.',
    set: (gauge, connection, { silence }) => gauge.set({ connection }, silence.silent ? 1 : 0),
  },
];

/** Registers the health of connections as metrics; each scrape reads it once for all of them. */
export function addGauges(registry: Registry, ports: Ports): void {
  const read = createReading(ports);
  for (const figure of FIGURES) {
    new Gauge({
      name: figure.name,
      help: figure.help,
      labelNames: ['connection'],
      registers: [registry],
      async collect() {
        this.reset();
        // While the database is unavailable, these series have a gap; the other metrics are still served.
        const healths = await read().catch(() => new Map<string, Health>());
        for (const [connection, health] of healths) figure.set(this, connection, health);
      },
    });
  }
  new Gauge({
    name: 'orderdock_invariant_violations',
    help: 'Violations of the invariants (GET /api/v1/invariants); 0 if there are none.',
    registers: [registry],
    async collect() {
      const found = await freshEnough(ports).catch(() => null);
      this.set(found?.violations ?? Number.NaN);
    },
  });
}

/** Reads the health of all connections; concurrent callers share one read. */
function createReading({ connections, health }: Ports): () => Promise<Map<string, Health>> {
  let reading: Promise<Map<string, Health>> | null = null;
  const readAll = async () => new Map(await Promise.all(connections.list().map(async (one) => [one.name, await health(one)] as const)));
  return () => {
    reading ??= readAll().finally(() => {
      reading = null;
    });
    return reading;
  };
}

async function freshEnough({ invariants, now }: Ports): Promise<Invariants> {
  const last = invariants.last();
  return last && now().getTime() - Date.parse(last.checkedAt) < INVARIANTS_LAST_MS ? last : invariants.check();
}
