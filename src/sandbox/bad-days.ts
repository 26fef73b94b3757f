import type { Random } from '../domain/clock.ts';
import { subjectText } from '../domain/entity.ts';
import type { OutgoingWebhook } from '../platforms/platform.ts';
import type { Sender } from './sender.ts';
import type { World } from './world.ts';

/** How often what goes wrong, as a share of all webhooks. */
export interface Misfortune {
  dropped: number;
  duplicated: number;
  held: number;
  /** A held webhook, and a repeated one, comes up to this much later: others overtake it. */
  longestMs: number;
}

export const USUAL_MISFORTUNE: Misfortune = { dropped: 0.05, duplicated: 0.1, held: 0.2, longestMs: 2500 };

export interface BadDayCounts {
  happened: number;
  dropped: number;
  duplicated: number;
  held: number;
}

/** The way from the platforms to the service, on bad days. */
export interface BadDays {
  /** Takes a webhook on its way, or loses it. */
  deliver(world: World, webhook: OutgoingWebhook): void;
  counts: Readonly<BadDayCounts>;
  /** Subjects whose webhooks were lost, came late, or were given up: `connection subject`. A gap about another one has no reason here. */
  troubled: ReadonlySet<string>;
  /** Resolves when all that was on its way has arrived or been given up. */
  settle(): Promise<void>;
}

export interface BadDaysOptions {
  sender: Sender;
  random: Random;
  sleep(ms: number): Promise<unknown>;
  misfortune: Misfortune;
  /** Whether a loss can be found out at all: only what the platform's API tells of is lost here. */
  mayBeLost(world: World, webhook: OutgoingWebhook): boolean;
}

export const troubleOf = (connection: string, subject: string): string => `${connection} ${subject}`;

export function createBadDays({ sender, random, sleep, misfortune, mayBeLost }: BadDaysOptions): BadDays {
  const counts: BadDayCounts = { happened: 0, dropped: 0, duplicated: 0, held: 0 };
  const troubled = new Set<string>();
  const underway = new Set<Promise<void>>();
  const trouble = (world: World, { subject }: OutgoingWebhook) =>
    void (subject && troubled.add(troubleOf(world.connection, subjectText(subject))));

  function start(work: Promise<void>): void {
    underway.add(work);
    void work.finally(() => underway.delete(work));
  }
  async function send(world: World, webhook: OutgoingWebhook, waitMs: number): Promise<void> {
    if (waitMs > 0) await sleep(waitMs);
    const sent = await sender.send(world.connection, world.platform.answers, webhook);
    if (!sent.delivered || sent.attempts > 1) trouble(world, webhook);
  }
  return {
    counts,
    troubled,
    deliver(world, webhook) {
      counts.happened++;
      if (random() < misfortune.dropped && mayBeLost(world, webhook)) {
        counts.dropped++;
        return trouble(world, webhook);
      }
      const held = random() < misfortune.held;
      if (held) counts.held++;
      if (held) trouble(world, webhook);
      start(send(world, webhook, held ? random() * misfortune.longestMs : 0));
      if (random() >= misfortune.duplicated) return;
      counts.duplicated++;
      start(send(world, webhook, random() * misfortune.longestMs));
    },
    async settle() {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
