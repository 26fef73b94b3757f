import { Histogram, type Registry } from 'prom-client';
import { type LatencyMarks, readMarksAt, readNewSamples } from '../../store/monitoring/read-latency.ts';
import type { ApiPorts } from '../api/ports.ts';

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];
const MOST_PER_SCRAPE = 5000;

/** Adds how long changes take on each leg of their way, of those since this process began. Every process reads the same store: they are not to be added up. */
export function addLatency(registry: Registry, { db, clock }: Pick<ApiPorts['context'], 'db' | 'clock'>): void {
  const startedAt = clock.now().toISOString();
  let marks: LatencyMarks | null = null;
  new Histogram({
    name: 'orderdock_latency_seconds',
    help: 'How long changes took on each leg of their way from the platform to the books, since this process began.',
    labelNames: ['connection', 'leg'],
    buckets: SECONDS,
    registers: [registry],
    async collect() {
      try {
        marks ??= await readMarksAt(db.read, startedAt);
        const found = await readNewSamples(db.read, marks, MOST_PER_SCRAPE);
        marks = found.marks;
        // A platform's clock may be ahead of ours: less than nothing counts as nothing.
        for (const { connection, leg, begin, end } of found.samples)
          this.observe({ connection, leg }, Math.max(0, Date.parse(end) - Date.parse(begin)) / 1000);
      } catch {
        // Without the store there is nothing new: the next scrape reads on from here.
      }
    },
  });
}
