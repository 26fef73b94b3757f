import type { Random } from '../../domain/clock.ts';
import { subjectText } from '../../domain/entities/entity.ts';
import type { OutgoingWebhook } from '../../platforms/contract/simulation.ts';
import type { Sandbox } from '../sandbox.ts';
import type { World } from '../world.ts';

export interface TrafficOptions {
  sandbox: Pick<Sandbox, 'trigger' | 'worlds'>;
  random: Random;
  sleep(ms: number, stop: AbortSignal): Promise<unknown>;
  /** Mean time between two events of one platform. */
  everyMs: number;
  /** Events after which a platform is quiet; null: no limit. */
  mostEvents: number | null;
  /** True while this platform pauses because the service is busy with its backlog (the remote limits are real). */
  isBusy(connection: string): boolean;
  deliver(world: World, webhook: OutgoingWebhook): void;
  /** Called when a resource (`kind:externalId`) changed without a webhook. */
  noteSilence(world: World, subject: string): void;
  stop: AbortSignal;
}

/** Every platform has at least this many events, however slow the machine is: enough to leave something to compare. */
const FEWEST_EVENTS = 10;

/** Generates events in every world until stopped, or until each has had the maximum. */
export async function runTraffic(options: TrafficOptions): Promise<void> {
  await Promise.all(options.sandbox.worlds.map((world) => runWorld(options, world)));
}

async function runWorld(options: TrafficOptions, world: World): Promise<void> {
  const { sandbox, random, sleep, everyMs, mostEvents, isBusy, deliver, noteSilence, stop } = options;
  const choose = chooserOf(world, random);
  let before = contentOf(world);
  const most = Math.max(FEWEST_EVENTS, mostEvents ?? Number.POSITIVE_INFINITY);
  for (let events = 0; events < (stop.aborted ? FEWEST_EVENTS : most); ) {
    await sleep(everyMs * (0.5 + random()), stop);
    if (events >= FEWEST_EVENTS && (stop.aborted || isBusy(world.connection))) continue;
    const next = choose();
    if (!next) return;
    events++;
    const webhooks = sandbox.trigger(world.connection, next.eventType, next.form);
    const after = contentOf(world);
    const reported = new Set(webhooks.map(({ subject }) => (subject ? subjectText(subject) : '')));
    for (const [subject, text] of after) if (before.get(subject) !== text && !reported.has(subject)) noteSilence(world, subject);
    before = after;
    for (const webhook of webhooks) deliver(world, webhook);
  }
}

const contentOf = (world: World): Map<string, string> =>
  new Map(world.simulation.resources().map(({ subject, text }) => [subjectText(subject), text]));

const SHARE_OF_THE_HISTORY = 0.6;

/** Mostly the history's events with their forms, and occasionally any other event type that has an effect. */
function chooserOf(world: World, random: Random): () => { eventType: string; form?: string } | undefined {
  const { history } = world.simulation;
  const inHistory = new Set(history.map(({ eventType }) => eventType));
  const others = world.platform.events
    .filter((event) => event.effect !== 'ignore' && !inHistory.has(event.type))
    .map((event): { eventType: string; form?: string } => ({ eventType: event.type }));
  return () => {
    const list = others.length === 0 || random() < SHARE_OF_THE_HISTORY ? history : others;
    return list[Math.floor(random() * list.length)];
  };
}
