import type { JsonObject } from '../domain/values/json.ts';
import type { AnyPlatform, CommonSettings } from '../platforms/contract/platform.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../platforms/contract/simulation.ts';
import { seededId, seededRandom, seededSecrets } from './seeded-random.ts';

/** An event in a simulated world; `at` is ISO 8601 UTC. Replaying the same events in the same order rebuilds the same world. */
export interface SandboxEvent {
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
  trigger(occurrence: SandboxEvent): OutgoingWebhook[];
}

export interface WorldOptions {
  seed: string;
  /** Base URL of the simulator of this platform. */
  baseUrl: string;
  now(): Date;
}

export const connectionNameOf = (platform: AnyPlatform): string => `sandbox-${platform.name}`;

/** Creates a platform's world and the connection to it; the credentials derive from the seed too. */
export function createWorld(platform: AnyPlatform, options: WorldOptions): World {
  const connection = connectionNameOf(platform);
  const { platform: _name, ...own } = platform.sandboxConnection(options.baseUrl, seededSecrets(options.seed, connection));
  const settings = platform.settings.parse(own);
  return { connection, platform, entry: { platform: platform.name, ...own }, settings, ...startWorld(platform, settings, options) };
}

/** The same connection and credentials with a separate world in which other events happen. */
export const copyWorld = (world: World, options: WorldOptions): World => ({
  ...world,
  ...startWorld(world.platform, world.settings, options),
});

/**
 * Every event takes its random numbers from the seed and its own number, and sees the time at which it happened: calls of the simulated
 * API in between change nothing.
 */
function startWorld(
  platform: AnyPlatform,
  settings: CommonSettings,
  options: WorldOptions,
): Pick<World, 'simulation' | 'count' | 'trigger'> {
  const drawFrom = (what: string) => seededRandom(`${options.seed} ${platform.name} ${what}`);
  let random = drawFrom('beginning');
  let count = 0;
  let now = options.now;
  const tools: SimulationOptions = {
    now: () => now(),
    random: () => random(),
    makeId: () => seededId(() => random())(),
    baseUrl: options.baseUrl,
  };
  const simulation = platform.simulate(settings, tools);
  return {
    simulation,
    count: () => count,
    trigger(occurrence) {
      random = drawFrom(String(count++));
      now = () => new Date(occurrence.at);
      try {
        return simulation.emit(occurrence.eventType, occurrence.form);
      } finally {
        now = options.now;
        random = drawFrom(`between ${count} ${options.now().getTime()}`);
      }
    },
  };
}
