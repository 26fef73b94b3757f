import { GENERATED_KEY, generatedApiKey } from './api-key.ts';
import { createFindKey, createSignIn, requireRole } from './http/api/auth.ts';
import type { ApiPorts } from './http/api/ports.ts';
import { createDescribeName } from './http/auth/describe-name.ts';
import { createSignIns } from './http/auth/sign-ins.ts';
import { createThrottle } from './http/auth/throttle.ts';
import { type Listener, listen } from './http/listener.ts';
import { addConsumerGauges } from './http/metrics/consumers.ts';
import { addCounters } from './http/metrics/counters.ts';
import { addGauges } from './http/metrics/gauges.ts';
import { addLatency } from './http/metrics/latency.ts';
import { createMetrics } from './http/metrics/metrics.ts';
import { createOperationsHttp } from './http/operations-server.ts';
import { connectionHealth } from './monitoring/health/connection-health.ts';
import type { InvariantChecker } from './monitoring/invariants.ts';
import type { Readiness } from './monitoring/readiness.ts';
import type { OpenContext } from './open-context.ts';
import type { Settings } from './settings.ts';

export interface OperationsParts {
  invariants: InvariantChecker;
  ready(): Promise<Readiness>;
}

/** Authentication and metrics of the operations endpoints: the same in every process, whatever its roles. */
export async function createOperations(settings: Settings, context: OpenContext, invariants: InvariantChecker, health: ApiPorts['health']) {
  const generated = settings.apiKeys.length === 0 ? await generatedApiKey(settings.dataDir) : null;
  const settingsKeys = generated ? [{ name: GENERATED_KEY, role: 'admin' as const, key: generated.key }] : settings.apiKeys;
  const metrics = createMetrics();
  const throttle = createThrottle(() => context.clock.now().getTime());
  const describeName = createDescribeName({ db: context.db, connections: context.connections, settingsKeys });
  const signIns = createSignIns({ context, throttle, describeName, count: metrics.signedIn });
  const findKey = createFindKey({ context, settingsKeys });
  const signIn = createSignIn({ context, settingsKeys }, findKey, signIns);
  addGauges(metrics.registry, { connections: context.connections, health, invariants, now: () => context.clock.now() });
  addCounters(metrics.registry, context.db);
  addConsumerGauges(metrics.registry, context);
  addLatency(metrics.registry, context);
  const ofRole = (role: 'reader') => requireRole(signIn, role);
  return { keyFile: generated?.path ?? null, settingsKeys, metrics, signIns, findKey, signIn, requireRole: ofRole };
}

/** Opens the port of a process without the role `web`: health and metrics. */
export async function startOperations(settings: Settings, context: OpenContext, { invariants, ready }: OperationsParts): Promise<Listener> {
  const { metrics, requireRole: ofRole } = await createOperations(settings, context, invariants, (one) => connectionHealth(context, one));
  const handler = createOperationsHttp({ ready, metrics, requireRole: ofRole, log: context.log, trustProxy: settings.trustProxy });
  return listen(handler, { host: settings.host, port: settings.port, tls: settings.tls, log: context.log });
}
