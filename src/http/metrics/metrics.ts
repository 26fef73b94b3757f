import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Scope } from '../../domain/scope.ts';
import { callerOf } from '../api/auth.ts';

/** The metrics that Prometheus scrapes. Other modules register their own in `registry`. */
export interface Metrics {
  registry: Registry;
  /** One response on a webhook path; `connection` is null if the path names none. */
  answered(connection: string | null, status: number, code: string, tookMs: number): void;
  /** A sign-in that failed, or that was rejected without being checked. */
  signedIn(place: string, outcome: 'failed' | 'throttled'): void;
}

// Gauges that end like counters (`promtool check metrics`); each has a series by type beside it.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

// The default, every 10 ms, takes 0.3 % of a core even at rest, every 100 ms 0.07 % (Node 24, November 2026).
const LOOP_SAMPLE_MS = 250;

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const answers = new Counter({
    name: 'orderdock_webhook_answers_total',
    help: 'Responses on webhook paths.',
    labelNames: ['connection', 'status', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'orderdock_webhook_seconds',
    help: 'Time from the first line of a webhook request to its response.',
    labelNames: ['connection'],
    buckets: SECONDS,
    registers: [registry],
  });
  const signIns = new Counter({
    name: 'orderdock_failed_sign_ins_total',
    help: 'Failed sign-ins at API, console and token endpoint; `throttled`: rejected with 429.',
    labelNames: ['place', 'outcome'],
    registers: [registry],
  });
  return {
    registry,
    signedIn: (place, outcome) => signIns.inc({ place, outcome }),
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
    const text = withinScope(await metrics.registry.metrics(), callerOf(response).scope);
    response.set({ 'Content-Type': metrics.registry.contentType, 'Cache-Control': 'no-store' }).send(text);
  };

/** Removes the series of connections and consumers outside the key's scope. */
function withinScope(text: string, scope: Scope | null): string {
  if (scope === null) return text;
  const isHidden = (line: string, label: string, names: readonly string[] | null): boolean => {
    const [, name] = new RegExp(`[{,]${label}="([^"]*)"`).exec(line) ?? [];
    return names !== null && name !== undefined && !names.includes(name);
  };
  const lines = text.split('\n');
  return lines
    .filter((line) => !isHidden(line, 'connection', scope.connections) && !isHidden(line, 'consumer', scope.consumers))
    .join('\n');
}
