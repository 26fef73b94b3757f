import type { Random } from '../domain/clock.ts';
import type { OutgoingWebhook } from '../platforms/platform.ts';
import type { Sandbox } from './sandbox.ts';
import type { World } from './world.ts';

export interface TrafficOptions {
  sandbox: Pick<Sandbox, 'happen' | 'worlds'>;
  random: Random;
  sleep(ms: number, stop: AbortSignal): Promise<unknown>;
  /** Mean time between two events of one platform. */
  everyMs: number;
  /** True: this platform pauses, since the service has enough to do with what there is (remote limits are for real). */
  isBusy(connection: string): boolean;
  deliver(world: World, webhook: OutgoingWebhook): void;
  stop: AbortSignal;
}

/** Lets things happen in every world, again and again, until stopped. */
export async function runTraffic(options: TrafficOptions): Promise<void> {
  await Promise.all(options.sandbox.worlds.map((world) => runWorld(options, world)));
}

async function runWorld(options: TrafficOptions, world: World): Promise<void> {
  const { sandbox, random, sleep, everyMs, isBusy, deliver, stop } = options;
  const repertoire = repertoireOf(world);
  while (!stop.aborted) {
    await sleep(everyMs * (0.5 + random()), stop);
    if (stop.aborted || isBusy(world.connection)) continue;
    const next = repertoire[Math.floor(random() * repertoire.length)];
    if (!next) return;
    for (const webhook of sandbox.happen(world.connection, next.eventType, next.form)) deliver(world, webhook);
  }
}

/** What the story shows, with its forms, and every other event type that means something. */
function repertoireOf(world: World): { eventType: string; form?: string }[] {
  const { story } = world.simulation;
  const told = new Set(story.map(({ eventType }) => eventType));
  const others = world.platform.events.filter((event) => event.effect !== 'ignore' && !told.has(event.type));
  return [...story, ...others.map((event) => ({ eventType: event.type }))];
}
