import type { Random } from '../../domain/clock.ts';
import { subjectText } from '../../domain/entities/entity.ts';
import type { OutgoingWebhook } from '../../platforms/contract/simulation.ts';
import type { Sender } from '../sender.ts';
import type { World } from '../world.ts';

/** How often each fault occurs, as a share of all webhooks. */
export interface FailureRates {
  dropped: number;
  duplicated: number;
  delayed: number;
  /** A delayed or repeated webhook arrives up to this much later, so that others overtake it. */
  longestMs: number;
}

export const DEFAULT_FAILURE_RATES: FailureRates = { dropped: 0.05, duplicated: 0.1, delayed: 0.2, longestMs: 2500 };

/**
 * `lost`: never sent, abandoned, or lost with a restored backup. `late`: overtaken, or retried until accepted. `silent`: nothing to send. `taken`:
 * accepted immediately.
 */
export type Outcome = 'lost' | 'late' | 'silent' | 'taken';

export interface FailureCounts {
  happened: number;
  dropped: number;
  duplicated: number;
  delayed: number;
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
  outcomes: ReadonlyMap<string, ReadonlySet<Outcome>>;
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
  rates: FailureRates;
  /** Whether a loss can be detected: only resources that the platform's API lists are lost here. */
  mayBeLost(world: World, webhook: OutgoingWebhook): boolean;
}

export const outcomeKey = (connection: string, subject: string): string => `${connection} ${subject}`;

export const createFailureInjector = (options: FailureInjectorOptions): FailureInjector => new FaultyNetwork(options);

class FaultyNetwork implements FailureInjector {
  readonly counts: FailureCounts = { happened: 0, dropped: 0, duplicated: 0, delayed: 0 };
  readonly outcomes = new Map<string, Set<Outcome>>();
  private readonly options: FailureInjectorOptions;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly recordings = new Set<Accepted[]>();

  constructor(options: FailureInjectorOptions) {
    this.options = options;
  }

  deliver(world: World, webhook: OutgoingWebhook): void {
    const { random, rates, mayBeLost } = this.options;
    this.counts.happened++;
    if (random() < rates.dropped && mayBeLost(world, webhook)) {
      this.counts.dropped++;
      this.noteOutcome(world, webhook, 'lost');
      return;
    }
    const delayed = random() < rates.delayed;
    if (delayed) this.counts.delayed++;
    if (delayed) this.noteOutcome(world, webhook, 'late');
    this.start(this.send(world, webhook, delayed ? random() * rates.longestMs : 0));
    if (random() >= rates.duplicated) return;
    this.counts.duplicated++;
    this.start(this.send(world, webhook, random() * rates.longestMs));
  }

  noteSilence(world: World, subject: string): void {
    this.note(world.connection, subject, 'silent');
  }

  record(): { end(): readonly Accepted[] } {
    const recording: Accepted[] = [];
    this.recordings.add(recording);
    return {
      end: () => {
        this.recordings.delete(recording);
        return recording;
      },
    };
  }

  noteForgotten(accepted: readonly Accepted[]): void {
    for (const { world, webhook } of accepted) this.noteOutcome(world, webhook, 'lost');
  }

  async settle(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  private start(work: Promise<void>): void {
    this.inFlight.add(work);
    void work.finally(() => this.inFlight.delete(work));
  }

  private async send(world: World, webhook: OutgoingWebhook, waitMs: number): Promise<void> {
    const { sender, sleep, mayBeLost } = this.options;
    if (waitMs > 0) await sleep(waitMs);
    const sent = await sender.send(world.connection, world.platform.retryPolicy, webhook);
    if (!sent.delivered) return this.noteOutcome(world, webhook, 'lost');
    this.noteOutcome(world, webhook, sent.attempts > 1 ? 'late' : 'taken');
    for (const recording of this.recordings) recording.push({ world, webhook, listed: mayBeLost(world, webhook) });
  }

  private noteOutcome(world: World, { subject }: OutgoingWebhook, outcome: Outcome): void {
    if (subject) this.note(world.connection, subjectText(subject), outcome);
  }

  private note(connection: string, subject: string, outcome: Outcome): void {
    const key = outcomeKey(connection, subject);
    this.outcomes.set(key, (this.outcomes.get(key) ?? new Set()).add(outcome));
  }
}
