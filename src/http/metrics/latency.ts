import { Histogram, type Registry } from 'prom-client';
import { type LatencyMarks, readMarksAt, readNewSamples } from '../../store/monitoring/read-latency.ts';
import type { ApiPorts } from '../api/ports.ts';

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];
const MOST_PER_SCRAPE = 5000;

/** Registers the latency of changes per leg, for those since this process started. All processes read the same database: do not sum their series. */
export function addLatency(registry: Registry, { db, clock }: Pick<ApiPorts['context'], 'db' | 'clock'>): void {
  const startedAt = clock.now().toISOString();
  let marks: LatencyMarks | null = null;
  new Histogram({
    name: 'orderdock_latency_seconds',
    help: 'Latency of changes per leg from the platform to the ERP, since this process started.',
    labelNames: ['connection', 'leg'],
    buckets: SECONDS,
    registers: [registry],
    async collect() {
      try {
        marks ??= await readMarksAt(db.read, startedAt);
        const found = await readNewSamples(db.read, marks, MOST_PER_SCRAPE);
        marks = found.marks;
        // A platform's clock may be ahead of ours: a negative duration counts as zero.
        for (const { connection, leg, begin, end } of found.samples)
          this.observe({ connection, leg }, Math.max(0, Date.parse(end) - Date.parse(begin)) / 1000);
      } catch {
        // The database is unavailable: the next scrape continues from here.
      }
    },
  });
}
