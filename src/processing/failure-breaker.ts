import type { AttemptResult, Context } from '../context.ts';
import { InvalidBody, isTooDeep, RemoteFailure } from '../domain/errors.ts';
import type { AttemptEnd } from '../domain/outcome.ts';

/** What may be processed: everything, one delivery as a trial, or nothing. */
export type Permit = 'all' | 'one' | 'none';

export interface FailureBreaker {
  note(attempt: AttemptResult): void;
  permits(): Permit;
}

const WINDOW = 50;
const FEWEST_RESOURCES = 5;
const PAUSE_MS = 60_000;

/** An internal failure: caused neither by the platform's API nor by the body. */
export const isOurFault = (end: AttemptEnd): boolean =>
  end.end === 'failed' && !(end.error instanceof RemoteFailure || end.error instanceof InvalidBody || isTooDeep(end.error));

/**
 * A circuit breaker for internal failures: when more than half of the last 50 attempts, on at least five resources, fail for a reason of our
 * own, processing pauses instead of filling the dead letters. Intake continues. After a minute one delivery is tried: unless it fails in the same
 * way, processing resumes.
 */
export function createFailureBreaker({ alerts, clock, log }: Pick<Context, 'alerts' | 'clock' | 'log'>): FailureBreaker {
  let latest: AttemptResult[] = [];
  let pausedUntilMs: number | null = null;

  function pause(failures: number): void {
    pausedUntilMs = clock.now().getTime() + PAUSE_MS;
    log.error('processing_paused', { failures, of: latest.length });
    alerts.open({
      level: 'critical',
      code: 'working_paused',
      connection: null,
      text: `Processing is paused: ${failures} of the last ${latest.length} attempts failed because of an internal error. Intake continues; one delivery a minute is tried.`,
      details: { failures, attempts: latest.length },
    });
  }
  function resume(): void {
    pausedUntilMs = null;
    latest = [];
    log.info('processing_resumed');
    alerts.close('working_paused', null, 'Processing has resumed.');
  }
  return {
    note(attempt) {
      latest = [...latest.slice(1 - WINDOW), attempt];
      const failures = latest.filter((one) => one.failedByUs);
      if (pausedUntilMs !== null && clock.now().getTime() >= pausedUntilMs) {
        if (attempt.failedByUs) pause(failures.length);
        else resume();
      } else if (
        pausedUntilMs === null &&
        failures.length > WINDOW / 2 &&
        new Set(failures.map((one) => one.resource)).size >= FEWEST_RESOURCES
      ) {
        pause(failures.length);
      }
    },
    permits() {
      if (pausedUntilMs === null) return 'all';
      return clock.now().getTime() < pausedUntilMs ? 'none' : 'one';
    },
  };
}
