import type { Random } from '../../domain/clock.ts';
import { subjectText } from '../../domain/entities/entity.ts';
import type { OutgoingWebhook } from '../../platforms/contract/simulation.ts';
import type { Sender } from '../sender.ts';
import type { World } from '../world.ts';

/** How often each fault occurs, as a share of all webhooks. */
export interface FailureRates {
  dropped: number;
  duplicated: number;
  held: number;
  /** A delayed or repeated webhook arrives up to this much later, so that others overtake it. */
  longestMs: number;
}

export const USUAL_MISFORTUNE: FailureRates = { dropped: 0.05, duplicated: 0.1, held: 0.2, longestMs: 2500 };

/** `lost`: never sent, given up, or forgotten with a restored backup. `late`: overtaken, or retried until accepted. `silent`: nothing to send. `taken`: accepted at once. */
export type Fate = 'lost' | 'late' | 'silent' | 'taken';

export interface FailureCounts {
  happened: number;
  dropped: number;
  duplicated: number;
  held: number;
}

/** A webhook that the service has accepted. */
export interface Accepted {
  world: World;
  webhook: OutgoingWebhook;
  /** Whether the platform's list shows the change too. */
  listed: boolean;
}

/** The network between the platforms and the service, with faults. */
export interface FailureInjector {
  /** Delivers a webhook, or loses it. */
  deliver(world: World, webhook: OutgoingWebhook): void;
  counts: Readonly<FailureCounts>;
  /** The outcomes of a resource's webhooks, by `connection subject`. */
  fates: ReadonlyMap<string, ReadonlySet<Fate>>;
  /** Records that the resource changed without a webhook from its platform. */
  noteSilence(world: World, subject: string): void;
  /** Records what the service accepts from now on, until `end` returns it in that order. */
  record(): { end(): readonly Accepted[] };
  /** Records that the service has forgotten these webhooks, because a backup was restored. */
  noteForgotten(accepted: readonly Accepted[]): void;
  /** Resolves when every webhook in flight has arrived or been given up. */
  settle(): Promise<void>;
}

export interface FailureInjectorOptions {
  sender: Sender;
  random: Random;
  sleep(ms: number): Promise<unknown>;
  misfortune: FailureRates;
  /** Whether a loss can be detected: only resources that the platform's API lists are lost here. */
  mayBeLost(world: World, webhook: OutgoingWebhook): boolean;
}

export const fateKey = (connection: string, subject: string): string => `${connection} ${subject}`;

export function createFailureInjector({ sender, random, sleep, misfortune, mayBeLost }: FailureInjectorOptions): FailureInjector {
  const counts: FailureCounts = { happened: 0, dropped: 0, duplicated: 0, held: 0 };
  const fates = new Map<string, Set<Fate>>();
  const underway = new Set<Promise<void>>();
  const recordings = new Set<Accepted[]>();
  const note = (connection: string, subject: string, fate: Fate) => {
    const key = fateKey(connection, subject);
    fates.set(key, (fates.get(key) ?? new Set()).add(fate));
  };
  const meet = (world: World, { subject }: OutgoingWebhook, fate: Fate) => {
    if (subject) note(world.connection, subjectText(subject), fate);
  };

  function start(work: Promise<void>): void {
    underway.add(work);
    void work.finally(() => underway.delete(work));
  }
  async function send(world: World, webhook: OutgoingWebhook, waitMs: number): Promise<void> {
    if (waitMs > 0) await sleep(waitMs);
    const sent = await sender.send(world.connection, world.platform.retryPolicy, webhook);
    if (!sent.delivered) return meet(world, webhook, 'lost');
    meet(world, webhook, sent.attempts > 1 ? 'late' : 'taken');
    for (const recording of recordings) recording.push({ world, webhook, listed: mayBeLost(world, webhook) });
  }
  return {
    counts,
    fates,
    noteSilence: (world, subject) => note(world.connection, subject, 'silent'),
    deliver(world, webhook) {
      counts.happened++;
      if (random() < misfortune.dropped && mayBeLost(world, webhook)) {
        counts.dropped++;
        return meet(world, webhook, 'lost');
      }
      const held = random() < misfortune.held;
      if (held) counts.held++;
      if (held) meet(world, webhook, 'late');
      start(send(world, webhook, held ? random() * misfortune.longestMs : 0));
      if (random() >= misfortune.duplicated) return;
      counts.duplicated++;
      start(send(world, webhook, random() * misfortune.longestMs));
    },
    record() {
      const recording: Accepted[] = [];
      recordings.add(recording);
      return {
        end() {
          recordings.delete(recording);
          return recording;
        },
      };
    },
    noteForgotten(accepted) {
      for (const { world, webhook } of accepted) meet(world, webhook, 'lost');
    },
    async settle() {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
