import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceClient } from '../service-client.ts';
import type { World } from '../world.ts';

export interface Gap {
  connection: string;
  kind: string;
  externalId: string;
  cause: string;
}

interface RunShown {
  id: string;
  connection: string;
  state: string;
  error: string | null;
}

const LOOK_EVERY_MS = 500;

/** Waits until no deliveries are pending. Throws after `withinMs`. */
export async function waitUntilIdle(
  client: ServiceClient,
  worlds: readonly World[],
  withinMs: number,
  show: (backlog: number) => void,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const backlog = await readBacklogs(client, worlds).then((backlogs) => [...backlogs.values()].reduce((sum, one) => sum + one, 0));
    if (backlog === 0) return;
    if (performance.now() > untilMs) throw new Error(`${backlog} deliveries are still pending after ${Math.round(withinMs / 1000)} s.`);
    show(backlog);
    await sleep(LOOK_EVERY_MS);
  }
}

export async function readBacklogs(client: ServiceClient, worlds: readonly World[]): Promise<Map<string, number>> {
  const rows = await Promise.all(worlds.map((world) => client.get<{ backlog: number }>(`/api/v1/connections/${world.connection}`)));
  return new Map(rows.map((row, position) => [worlds[position]?.connection ?? '', row.backlog]));
}

/** Starts a reconcile run for every connection and waits for all of them. Throws when one fails. */
export async function reconcileAll(client: ServiceClient, worlds: readonly World[], withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs;
  await Promise.all(
    worlds.map(async (world) => {
      let run = await client.post<RunShown>(`/api/v1/connections/${world.connection}/reconcile`);
      while (run.state === 'running') {
        if (performance.now() > untilMs) throw new Error(`${world.connection}: the reconcile run ${run.id} takes too long.`);
        await sleep(LOOK_EVERY_MS);
        run = await client.get<RunShown>(`/api/v1/reconcile-runs/${run.id}`);
      }
      if (run.state !== 'done') throw new Error(`${world.connection}: the reconcile run ${run.id} ${run.state}: ${run.error ?? ''}`);
    }),
  );
}

/** All gaps found by any run. */
export async function readGaps(client: ServiceClient): Promise<Gap[]> {
  const runs = await client.all<RunShown & { counts: { gaps: number } }>('/api/v1/reconcile-runs');
  const found = await Promise.all(
    runs
      .filter((run) => run.counts.gaps > 0)
      .map(async (run) => {
        const { gaps } = await client.get<{ gaps: Omit<Gap, 'connection'>[] }>(`/api/v1/reconcile-runs/${run.id}`);
        return gaps.map(({ kind, externalId, cause }) => ({ connection: run.connection, kind, externalId, cause }));
      }),
  );
  return found.flat();
}

export interface Span {
  from: string | null;
  to: string | null;
  state: string;
  reason: string | null;
}

export async function readCoverage(client: ServiceClient, worlds: readonly World[]): Promise<Map<string, Span[]>> {
  const lists = await Promise.all(worlds.map((world) => client.get<{ data: Span[] }>(`/api/v1/connections/${world.connection}/coverage`)));
  return new Map(lists.map((list, position) => [worlds[position]?.connection ?? '', list.data]));
}
