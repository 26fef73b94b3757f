import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Log } from '../domain/log.ts';
import type { Readiness } from '../monitoring/readiness.ts';
import { dropForwardedPorts } from './forwarded-ports.ts';
import { createHealth } from './metrics/health.ts';
import { type Metrics, metricsPage } from './metrics/metrics.ts';
import { allowOnly, errorBorder, notFound } from './problem.ts';
import { requestContext } from './request-context.ts';

/** What the monitoring endpoints of every process need. */
export interface MonitoringPorts {
  ready(): Promise<Readiness>;
  metrics: Metrics;
  requireRole(role: 'reader'): RequestHandler;
}

/** `/health/live`, `/health/ready` and `/metrics`, the same in every process. */
export function addMonitoring(app: Express, { ready, metrics, requireRole }: MonitoringPorts): void {
  app.use('/health', createHealth(ready));
  app.get('/metrics', requireRole('reader'), metricsPage(metrics));
  app.all('/metrics', allowOnly('GET', 'HEAD'));
}

/** The HTTP endpoints of a process without the role `web`. */
export function createOperationsHttp(ports: MonitoringPorts & { log: Log; trustProxy: number | readonly string[] | null }): Express {
  const app = express();
  app.disable('x-powered-by');
  if (ports.trustProxy !== null) {
    app.set('trust proxy', ports.trustProxy);
    app.use(dropForwardedPorts);
  }
  app.use(requestContext, helmet());
  addMonitoring(app, ports);
  app.use(notFound);
  app.use(errorBorder(ports.log));
  return app;
}
