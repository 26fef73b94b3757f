import type { RequestHandler, Router } from 'express';
import type { Scope } from '../../domain/scope.ts';
import type { DeliveryCriteria } from '../../processing/replay.ts';
import { withScope } from '../../store/engine/database.ts';
import { callerOf } from './auth.ts';
import type { ApiPorts } from './ports.ts';

type Scoped = Pick<ApiPorts, 'context' | 'replay' | 'previewReplay' | 'retry' | 'dismiss' | 'invariants'>;

/**
 * The same ports restricted to a key's scope: anything outside it does not exist. Scopes are enforced here only: routes and pages are built on
 * these ports and cannot bypass them.
 */
export function scopePorts<P extends Scoped>(ports: P, scope: Scope): P {
  const { context } = ports;
  const sees = (connection: string): boolean => scope.connections?.includes(connection) ?? true;
  const within = (criteria: DeliveryCriteria): DeliveryCriteria => ({ ...criteria, connections: scope.connections });
  return {
    ...ports,
    context: {
      ...context,
      db: withScope(context.db, scope),
      connections: {
        ...context.connections,
        get: (name: string) => (sees(name) ? context.connections.get(name) : undefined),
        list: () => context.connections.list().filter((connection) => sees(connection.name)),
      },
    },
    replay: (criteria, fetch, replayId) => ports.replay(within(criteria), fetch, replayId),
    previewReplay: (criteria, fetch) => ports.previewReplay(within(criteria), fetch),
    retry: (criteria) => ports.retry(within(criteria)),
    dismiss: (criteria, note) => ports.dismiss(within(criteria), note),
    // Samples may be ids of any connection.
    invariants: async () => {
      const found = await ports.invariants();
      return { ...found, checks: found.checks.map(({ name, violations }) => ({ name, violations })) };
    },
  };
}

const MOST_SCOPES = 200;

/** Routes each caller to handlers built on the ports of its scope. */
export function routePerScope<P extends Scoped>(ports: P, build: (ports: P) => Router): RequestHandler {
  const unlimited = build(ports);
  const limited = new Map<string, Router>();
  const routesFor = (scope: Scope): Router => {
    const key = JSON.stringify(scope);
    const known = limited.get(key);
    if (known) return known;
    if (limited.size >= MOST_SCOPES) limited.clear();
    const made = build(scopePorts(ports, scope));
    limited.set(key, made);
    return made;
  };
  return (request, response, next) => {
    const { scope } = callerOf(response);
    (scope === null ? unlimited : routesFor(scope))(request, response, next);
  };
}
