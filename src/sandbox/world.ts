import type { JsonObject } from '../domain/values/json.ts';
import type { AnyPlatform, CommonSettings } from '../platforms/contract/platform.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../platforms/contract/simulation.ts';
import { seededId, seededRandom, seededSecrets } from './seeded-random.ts';

/** Something that happened in a simulated world; `at` is ISO 8601 UTC. Told again in the same order, it gives the same world. */
export interface Occurrence {
  connection: string;
  eventType: string;
  form?: string | undefined;
  at: string;
}

/** One platform in small, with the connection to it. */
export interface World {
  connection: string;
  platform: AnyPlatform;
  /** The connection as it would stand in the connections file, credentials included. */
  entry: JsonObject;
  settings: CommonSettings;
  simulation: Simulation;
  /** How much has happened so far. */
  count(): number;
  happen(occurrence: Occurrence): OutgoingWebhook[];
}

export interface WorldOptions {
  seed: string;
  /** Base URL of the simulator of this platform. */
  baseUrl: string;
  now(): Date;
}

export const connectionNameOf = (platform: AnyPlatform): string => `sandbox-${platform.name}`;

/** Makes a platform's world, with the connection to it: its credentials come from the seed too. */
export function createWorld(platform: AnyPlatform, ground: WorldOptions): World {
  const connection = connectionNameOf(platform);
  const { platform: _name, ...own } = platform.sandboxConnection(ground.baseUrl, seededSecrets(ground.seed, connection));
  const settings = platform.settings.parse(own);
  return { connection, platform, entry: { platform: platform.name, ...own }, settings, ...tellWorld(platform, settings, ground) };
}

/** The same connection with the same credentials before a world of its own, in which other things happen. */
export const twinOf = (world: World, ground: WorldOptions): World => ({ ...world, ...tellWorld(world.platform, world.settings, ground) });

/**
 * Every occurrence draws its chance from the seed and its own number, and sees the time it happened at: what the simulated API is asked
 * in between changes nothing.
 */
function tellWorld(platform: AnyPlatform, settings: CommonSettings, ground: WorldOptions): Pick<World, 'simulation' | 'count' | 'happen'> {
  const drawFrom = (what: string) => seededRandom(`${ground.seed} ${platform.name} ${what}`);
  let random = drawFrom('beginning');
  let count = 0;
  let now = ground.now;
  const tools: SimulationOptions = {
    now: () => now(),
    random: () => random(),
    makeId: () => seededId(() => random())(),
    baseUrl: ground.baseUrl,
  };
  const simulation = platform.simulate(settings, tools);
  return {
    simulation,
    count: () => count,
    happen(occurrence) {
      random = drawFrom(String(count++));
      now = () => new Date(occurrence.at);
      try {
        return simulation.emit(occurrence.eventType, occurrence.form);
      } finally {
        now = ground.now;
        random = drawFrom(`between ${count} ${ground.now().getTime()}`);
      }
    },
  };
}
