import type { AttemptResult, Context } from '../context.ts';
import { InvalidBody, isTooDeep, RemoteFailure } from '../domain/errors.ts';
import type { AttemptEnd } from '../domain/outcome.ts';

/** What may be taken up: everything, one delivery to see whether it goes again, or nothing. */
export type Permit = 'all' | 'one' | 'none';

export interface FailureBreaker {
  note(attempt: AttemptResult): void;
  permits(): Permit;
}

const WINDOW = 50;
const FEWEST_RESOURCES = 5;
const PAUSE_MS = 60_000;

/** A fault of ours: neither the platform's API nor the body is to blame. */
export const isOurFault = (end: AttemptEnd): boolean =>
  end.end === 'failed' && !(end.error instanceof RemoteFailure || end.error instanceof InvalidBody || isTooDeep(end.error));

/**
 * The mass-failure brake: when more than half of the last 50 attempts, over five resources or more, fail for our own reason, working pauses
 * instead of filling the dead letters. Receiving goes on. After a minute one delivery is tried: if it does not fail so, all go on.
 */
export function createFailureBreaker({ alerts, clock, log }: Pick<Context, 'alerts' | 'clock' | 'log'>): FailureBreaker {
  let latest: AttemptResult[] = [];
  let pausedUntilMs: number | null = null;

  function pause(failures: number): void {
    pausedUntilMs = clock.now().getTime() + PAUSE_MS;
    log.error('working_paused', { failures, of: latest.length });
    alerts.open({
      level: 'critical',
      code: 'working_paused',
      connection: null,
      text: `Working is paused: ${failures} of the last ${latest.length} attempts failed for a reason of our own. Receiving goes on; one delivery a minute is tried.`,
      details: { failures, attempts: latest.length },
    });
  }
  function goOn(): void {
    pausedUntilMs = null;
    latest = [];
    log.info('working_resumed');
    alerts.close('working_paused', null, 'Working goes on.');
  }
  return {
    note(attempt) {
      latest = [...latest.slice(1 - WINDOW), attempt];
      const failures = latest.filter((one) => one.failedByUs);
      if (pausedUntilMs !== null && clock.now().getTime() >= pausedUntilMs) {
        if (attempt.failedByUs) pause(failures.length);
        else goOn();
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
