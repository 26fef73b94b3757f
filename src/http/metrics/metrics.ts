import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What Prometheus reads. Other parts of the program add their own figures to the `registry`. */
export interface Metrics {
  registry: Registry;
  /** One answer on a webhook path; `connection` is null where the path names none. */
  answered(connection: string | null, status: number, code: string, tookMs: number): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const answers = new Counter({
    name: 'orderdock_webhook_answers_total',
    help: 'Answers given on webhook paths.',
    labelNames: ['connection', 'status', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'orderdock_webhook_seconds',
    help: 'From the first line of a webhook request to its answer.',
    labelNames: ['connection'],
    buckets: SECONDS,
    registers: [registry],
  });
  return {
    registry,
    answered(connection, status, code, tookMs) {
      answers.inc({ connection: connection ?? '', status, code });
      durations.observe({ connection: connection ?? '' }, tookMs / 1000);
    },
  };
}

/** The text that a Prometheus server scrapes. */
export const metricsPage =
  (metrics: Metrics): RequestHandler =>
  async (_request, response) => {
    const text = await metrics.registry.metrics();
    response.set({ 'Content-Type': metrics.registry.contentType, 'Cache-Control': 'no-store' }).send(text);
  };
