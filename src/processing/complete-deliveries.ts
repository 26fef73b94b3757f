import type { Context } from '../context.ts';
import { deadDeliveryAlert } from '../domain/alert.ts';
import type { Attempt } from '../domain/entities/delivery.ts';
import { OrderdockError } from '../domain/errors.ts';
import { type AttemptEnd, type NextStep, nextStep } from '../domain/outcome.ts';
import type { ClaimedDelivery } from '../store/deliveries/claim.ts';
import { type CompletedDelivery, completeDeliveries } from '../store/deliveries/complete.ts';
import { type Sql, WriteConflict } from '../store/engine/database.ts';
import { isOurFault } from './failure-breaker.ts';

/** An attempt that has ended. */
export interface EndedAttempt {
  delivery: ClaimedDelivery;
  end: AttemptEnd;
  startedAt: Date;
  /** What the fetch returned, to be kept for replays. */
  recorded?: string | undefined;
  /** The delivery turned out to need a fetch: it goes back, as a notification, without an attempt. */
  needsFetch?: boolean;
}

export interface CompletedAttempt extends EndedAttempt {
  step: NextStep;
  settled: CompletedDelivery;
}

/** Decides where each delivery goes from here. Pure but for clock and randomness. */
export function decideNextStates(context: Context, ended: readonly EndedAttempt[]): CompletedAttempt[] {
  return ended.map((one) => {
    const { delivery } = one;
    const now = context.clock.now();
    const inThisLife = delivery.tries > 0 ? delivery.attempts.slice(-delivery.tries) : [];
    const step: NextStep = one.needsFetch
      ? { state: 'pending', outcome: null, waitMs: 0, error: null }
      : nextStep(one.end, inThisLife, context.random());
    const attempt: Attempt | null =
      step.outcome === null
        ? null
        : { at: one.startedAt.toISOString(), outcome: step.outcome, error: step.error, tookMs: now.getTime() - one.startedAt.getTime() };
    const finished = step.state !== 'pending';
    return {
      ...one,
      step,
      settled: {
        seq: delivery.seq,
        state: step.state,
        finishedAt: finished ? now.toISOString() : null,
        nextAttemptAt: new Date(now.getTime() + step.waitMs).toISOString(),
        error: step.error,
        attempts: attempt ? [...delivery.attempts, attempt] : delivery.attempts,
        tries: finished ? 0 : delivery.tries + (attempt ? 1 : 0),
        notification: delivery.notification || one.needsFetch === true,
        replay: finished ? null : delivery.replay,
        recorded: one.recorded ?? null,
      },
    };
  });
}

/**
 * Writes the ends of claimed deliveries, in the caller's transaction. Throws when one of them is no longer ours (its lease ran out and another
 * worker has it): then nothing of the transaction may stand.
 */
export async function writeCompleted(sql: Sql, context: Context, ends: readonly CompletedAttempt[]): Promise<void> {
  const own = await completeDeliveries(
    sql,
    context.processId,
    ends.map((one) => one.settled),
  );
  if (own < ends.length) throw new OrderdockError('lease_lost', 'Another worker has taken the delivery over.');
}

/** The same for deliveries that were taken and are ended in one go: when another worker was quicker, all is done again without them. */
export async function writeTaken(sql: Sql, ends: readonly CompletedAttempt[]): Promise<void> {
  const own = await completeDeliveries(
    sql,
    null,
    ends.map((one) => one.settled),
  );
  if (own < ends.length) throw new WriteConflict('Another worker has ended a delivery since it was taken.');
}

/** One log line per attempt, and an alert for a dead letter. After the transaction: only what is stored is told. */
export function logOutcomes(context: Context, ends: readonly CompletedAttempt[]): void {
  for (const { delivery, end, step, settled, startedAt } of ends) {
    if (step.outcome === null) continue;
    context.attempted?.({ resource: delivery.subject ?? delivery.id, failedByUs: isOurFault(end) });
    const fields = {
      deliveryId: delivery.id,
      requestId: delivery.headers['x-request-id'],
      connection: delivery.connection,
      eventType: delivery.eventType,
      subject: delivery.subject,
      outcome: step.outcome,
      attempt: settled.attempts.length,
      tookMs: context.clock.now().getTime() - startedAt.getTime(),
      error: step.error,
    };
    if (step.outcome === 'dead') context.log.error('delivery', fields);
    else if (step.outcome === 'retry') context.log.warn('delivery', fields);
    else context.log.info('delivery', fields);
    if (step.outcome === 'dead') context.alerts.open(deadDeliveryAlert({ ...delivery, error: step.error }));
  }
}
