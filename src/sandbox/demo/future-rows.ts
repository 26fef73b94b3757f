import type { Random } from '../../domain/clock.ts';
import { FUTURE_TIME } from '../../domain/values/time.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ServiceClient } from '../service-client.ts';
import type { World } from '../world.ts';

const AHEAD = '2099-01-01T00:00:00.000Z';

/**
 * Triggers an event dated 2099 in each world without a webhook, which leaves a list row with an impossible time. Returns how
 * many rows there are.
 */
export function dateInFuture(
  sandbox: Pick<Sandbox, 'trigger' | 'worlds'>,
  listedKinds: (world: World) => ReadonlySet<string>,
  random: Random,
): number {
  let rows = 0;
  for (const { connection, platform, simulation, ...world } of sandbox.worlds) {
    const listed = listedKinds({ connection, platform, simulation, ...world });
    const choices = simulation.history.filter(({ eventType }) =>
      platform.events.some(({ type, kind, effect }) => type === eventType && kind !== null && listed.has(kind) && effect !== 'delete'),
    );
    const chosen = choices[Math.floor(random() * choices.length)];
    if (!chosen) continue;
    sandbox.trigger(connection, chosen.eventType, chosen.form, AHEAD);
    rows++;
  }
  return rows;
}

/** Connections with a row still dated in the future that the service has not reported. */
export async function readUnflagged(client: ServiceClient, worlds: readonly World[]): Promise<string[]> {
  const drift = await client.all<{ connection: string; name: string }>('/api/v1/drift');
  const flagged = new Set(drift.filter(({ name }) => name === FUTURE_TIME).map(({ connection }) => connection));
  return worlds.filter((world) => hasFutureRow(world) && !flagged.has(world.connection)).map(({ connection }) => connection);
}

const hasFutureRow = ({ simulation, platform, settings }: World): boolean =>
  simulation
    .resources()
    .some(({ subject, text }) =>
      platform.readFetched(subject, text, settings).reports.some(({ lastUpdatedAt }) => (lastUpdatedAt ?? '') >= AHEAD),
    );
