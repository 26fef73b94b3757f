import type { Context } from '../../context.ts';
import type { Connection, RetryPolicy } from '../../platforms/contract/platform.ts';
import { type FailureStreak, readStreak } from '../../store/monitoring/responses.ts';

/** How close our failures are to the platform giving up on us. */
export interface FailureBudget {
  /** The platform's own rule, in words. */
  rule: string;
  kind: NonNullable<RetryPolicy['budget']>['kind'] | null;
  /** Failures in a row, tries for one event, or days without a success; null: the platform never gives up. */
  limit: number | null;
  /** Of `limit`, in its unit. */
  used: number;
  /** 0 to 100; 0 without a limit. */
  usedPercent: number;
  consecutiveFailures: number;
  firstFailureAt: string | null;
  lastSuccessAt: string | null;
}

const DAY_MS = 86_400_000;

/** Compares the current failures with the platform's own rule. Pure. */
export function budgetOf(policy: RetryPolicy, streak: FailureStreak, now: Date): FailureBudget {
  const { budget, rule } = policy;
  const limit = budget === null ? null : 'days' in budget ? budget.days : budget.limit;
  const used = usedOf(budget, streak, now);
  return {
    rule,
    kind: budget?.kind ?? null,
    limit,
    used,
    usedPercent: limit === null ? 0 : Math.min(100, Math.floor((used / limit) * 100)),
    consecutiveFailures: streak.failures,
    firstFailureAt: streak.firstFailedAt,
    lastSuccessAt: streak.lastSucceededAt,
  };
}

function usedOf(budget: RetryPolicy['budget'], streak: FailureStreak, now: Date): number {
  if (budget === null || streak.failures === 0) return 0;
  if (budget.kind !== 'time-without-success') return Math.min(streak.failures, budget.limit);
  const sinceMs = now.getTime() - Date.parse(streak.firstFailedAt ?? now.toISOString());
  return Math.round((Math.max(0, sinceMs) / DAY_MS) * 1000) / 1000;
}

export async function failureBudget(context: Context, connection: Connection): Promise<FailureBudget> {
  return budgetOf(connection.platform.retryPolicy, await readStreak(context.db.read, connection.name), context.clock.now());
}

const STEPS = [
  { percent: 90, level: 'critical' },
  { percent: 70, level: 'warning' },
  { percent: 50, level: 'info' },
] as const;

/** Alerts at 50, 70 and 90 % of the platform's failure limit; closes with the next success. */
export async function checkFailureBudget(context: Context, connection: Connection | undefined): Promise<void> {
  if (!connection) return;
  const budget = await failureBudget(context, connection);
  const step = STEPS.find(({ percent }) => budget.usedPercent >= percent);
  const { name } = connection;
  if (!step) return context.alerts.close('failure_budget', name, `${name}: deliveries are accepted again.`);
  context.alerts.open({
    level: step.level,
    code: 'failure_budget',
    connection: name,
    text: `${name}: ${budget.usedPercent} % of ${connection.platform.title}'s limit of failed deliveries is used up (${budget.consecutiveFailures} in a row). ${budget.rule}`,
    details: { usedPercent: budget.usedPercent, consecutiveFailures: budget.consecutiveFailures, limit: budget.limit },
  });
}
