import type { Context } from '../context.ts';
import { deadDeliveriesAlert } from '../domain/alert.ts';
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
  /** What the fetch returned, stored for replays. */
  recorded?: string | undefined;
  /** The delivery turned out to need a fetch: it waits again as a notification, without counting an attempt. */
  needsFetch?: boolean;
}

export interface CompletedAttempt extends EndedAttempt {
  step: NextStep;
  settled: CompletedDelivery;
}

/** Decides the next state of each delivery. Pure except for clock and randomness. */
export function decideNextStates(context: Context, ended: readonly EndedAttempt[]): CompletedAttempt[] {
  return ended.map((one) => {
    const { delivery } = one;
    const now = context.clock.now();
    const sinceQueued = delivery.tries > 0 ? delivery.attempts.slice(-delivery.tries) : [];
    const step: NextStep = one.needsFetch
      ? { state: 'pending', outcome: null, waitMs: 0, error: null }
      : nextStep(one.end, sinceQueued, context.random());
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
 * Writes the results of claimed deliveries, in the caller's transaction. Throws if another worker has taken over one of them after its lease
 * expired: the caller must then roll back.
 */
export async function writeCompleted(sql: Sql, context: Context, ends: readonly CompletedAttempt[]): Promise<void> {
  const own = await completeDeliveries(
    sql,
    context.processId,
    ends.map((one) => one.settled),
  );
  if (own < ends.length) throw new OrderdockError('lease_lost', 'Another worker has taken over the delivery.');
}

/** The same for deliveries taken and completed in one transaction: if another worker was faster, the transaction is repeated without them. */
export async function writeTaken(sql: Sql, ends: readonly CompletedAttempt[]): Promise<void> {
  const own = await completeDeliveries(
    sql,
    null,
    ends.map((one) => one.settled),
  );
  if (own < ends.length) throw new WriteConflict('Another worker has completed a delivery since it was taken.');
}

/** Logs each attempt and opens an alert for each dead letter. Called after the commit, so that nothing is announced that was rolled back. */
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
    if (step.outcome === 'dead') context.log.error('delivery_processed', fields);
    else if (step.outcome === 'retry') context.log.warn('delivery_processed', fields);
    else context.log.info('delivery_processed', fields);
    if (step.outcome === 'dead')
      context.alerts.open(deadDeliveriesAlert({ connection: delivery.connection, count: 1, newest: { ...delivery, error: step.error } }));
  }
}
