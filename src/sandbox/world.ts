import type { JsonObject } from '../domain/values/json.ts';
import type { AnyPlatform, CommonSettings } from '../platforms/contract/platform.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../platforms/contract/simulation.ts';
import { seededId, seededRandom, seededSecrets } from './seeded-random.ts';

/** An event in a simulated world; `at` is ISO 8601 UTC. Replaying the same events in the same order rebuilds the same world. */
export interface Occurrence {
  connection: string;
  eventType: string;
  form?: string | undefined;
  at: string;
}

/** One simulated platform with the connection to it. */
export interface World {
  connection: string;
  platform: AnyPlatform;
  /** The connection as it would appear in the connections file, including credentials. */
  entry: JsonObject;
  settings: CommonSettings;
  simulation: Simulation;
  /** The number of events so far. */
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

/** Creates a platform's world and the connection to it; the credentials derive from the seed too. */
export function createWorld(platform: AnyPlatform, ground: WorldOptions): World {
  const connection = connectionNameOf(platform);
  const { platform: _name, ...own } = platform.sandboxConnection(ground.baseUrl, seededSecrets(ground.seed, connection));
  const settings = platform.settings.parse(own);
  return { connection, platform, entry: { platform: platform.name, ...own }, settings, ...tellWorld(platform, settings, ground) };
}

/** The same connection and credentials with a separate world in which other events happen. */
export const twinOf = (world: World, ground: WorldOptions): World => ({ ...world, ...tellWorld(world.platform, world.settings, ground) });

/**
 * Every event takes its random numbers from the seed and its own number, and sees the time at which it happened: calls of the simulated
 * API in between change nothing.
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
