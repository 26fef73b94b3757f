import { randomBytes } from 'node:crypto';
import { Refused } from '../domain/errors.ts';
import type { AnyPlatform } from '../platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../platforms/contract/simulation.ts';
import { answerControl, CONTROL_NAME } from './control.ts';
import { appendJournal, readJournal, readSandboxFile, type SandboxFile, writeSandboxFile } from './sandbox-file.ts';
import type { Sender } from './sender.ts';
import { type Simulators, startSimulators } from './simulators.ts';
import { createWorld, type World } from './world.ts';

/** Simulated platforms with one connection each, ready to be called. */
export interface Sandbox {
  /** In the format of a connections file. */
  connectionsText: string;
  worlds: readonly World[];
  simulators: Simulators;
  /**
   * Triggers an event and returns the webhooks that report it; `at` (ISO 8601 UTC) replaces the current time as its date. Refuses an
   * unknown connection (404).
   */
  trigger(connection: string, eventType: string, form?: string, at?: string): OutgoingWebhook[];
  /** Plays the short history of the first start: continues after an interruption, and does nothing once it has been played. */
  playHistory(sender: Sender, stop?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface SandboxOptions {
  dataDir: string;
  platforms: readonly AnyPlatform[];
  now?: () => Date;
  /** The `reconcile` member of each connection. */
  reconcile?: { schedule: string | false };
  /** Stores the events for the next start. Default true. */
  journal?: boolean;
}

const ABOUT = 'Simulated platforms for trying Orderdock out. The credentials are generated and valid nowhere else.';

/** Starts the simulated APIs and replays all earlier events without sending webhooks. The caller stops it. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dataDir, platforms, now = () => new Date(), journal = true } = options;
  const known = await readSandboxFile(dataDir);
  const seed = known?.seed ?? randomBytes(32).toString('base64url');
  const simulators = await startSimulators(known ? Number(new URL(known.simulator.url).port) : 0);
  try {
    const worlds = platforms.map((platform) => createWorld(platform, { seed, baseUrl: `${simulators.origin}/${platform.name}`, now }));
    for (const world of worlds) simulators.host(world.platform.name, (request) => world.simulation.answer(request));
    const find = (name: string) => worlds.find((world) => world.connection === name);
    for (const past of readJournal(dataDir)) find(past.connection)?.trigger(past);
    const file = fileOf(known, seed, simulators.origin, worlds, options);
    await writeSandboxFile(dataDir, file);

    const trigger = (connection: string, eventType: string, form?: string, at = now().toISOString()): OutgoingWebhook[] => {
      const world = find(connection);
      if (!world) throw new Refused(404, 'not_found', `The sandbox has no connection ${connection}.`);
      const occurrence = { connection, eventType, form, at };
      const webhooks = world.trigger(occurrence);
      if (journal) appendJournal(dataDir, occurrence);
      return webhooks;
    };
    simulators.host(CONTROL_NAME, answerControl(file.simulator.key, trigger));
    return {
      connectionsText: JSON.stringify({ connections: file.connections }),
      worlds,
      simulators,
      trigger,
      async playHistory(sender, stop) {
        if (file.played !== null) return;
        await Promise.all(worlds.map((world) => playWorld(world, trigger, sender, stop)));
        if (stop?.aborted) return;
        file.played = now().toISOString();
        await writeSandboxFile(dataDir, file);
      },
      stop: () => simulators.stop(),
    };
  } catch (error) {
    await simulators.stop();
    throw error;
  }
}

function fileOf(
  known: SandboxFile | null,
  seed: string,
  url: string,
  worlds: readonly World[],
  { reconcile }: SandboxOptions,
): SandboxFile {
  const entries = worlds.map((world) => [world.connection, { ...world.entry, ...(reconcile ? { reconcile } : {}) }] as const);
  return {
    about: ABOUT,
    seed,
    played: known?.played ?? null,
    simulator: { url, key: known?.simulator.key ?? randomBytes(24).toString('base64url') },
    connections: Object.fromEntries(entries),
  };
}

/** Sends one event after the other, since a history depends on its order. */
async function playWorld(world: World, trigger: Sandbox['trigger'], sender: Sender, stop?: AbortSignal): Promise<void> {
  for (const { eventType, form } of world.simulation.history.slice(world.count())) {
    if (stop?.aborted) return;
    for (const webhook of trigger(world.connection, eventType, form))
      await sender.send(world.connection, world.platform.retryPolicy, webhook);
  }
}
