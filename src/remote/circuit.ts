import {
  BrokenCircuitError,
  CircuitState as CockatielState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IBackoff,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import type { Random } from '../domain/clock.ts';
import { RemoteFailure } from '../domain/errors.ts';
import { isOutage } from './failures.ts';
import type { CircuitState } from './remote.ts';

const FAILURES_TO_OPEN = 5;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
const BEHIND_MS = 2000;

export interface Circuit {
  /** Runs `work` unless the circuit is open: then throws `RemoteFailure('circuit_open')` with the time until the next trial. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws like `run`, without running anything. */
  refuseWhileOpen(): void;
  state(): CircuitState;
}

export interface CircuitEvents {
  /** `waitMs`: until the next trial. */
  onOpened(waitMs: number): void;
  onClosed(): void;
}

/**
 * Opens after five outages in a row (no answer, or a 5xx; a 4xx counts as an answer) and lets one call through after 2 s, 4 s, … 30 s,
 * or after the remote's own `Retry-After` if that is longer. Nothing is sent while it is open. An outage that opens it, or keeps it open, is
 * `circuit_open` too: the remote is down, so the request itself is not at fault.
 */
export function createCircuit(connection: string, random: Random, { onOpened, onClosed }: CircuitEvents): Circuit {
  // The policy uses the system clock and cannot take another one, so the remaining time must use it too.
  let openUntilMs = 0;
  const wait = (context: IHalfOpenAfterBackoffContext): IBackoff<IHalfOpenAfterBackoffContext> => {
    const duration = waitMs(context, random);
    openUntilMs = Date.now() + duration;
    return { duration, next: wait };
  };
  const policy = circuitBreaker(handleWhen(isOutage), { breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN), halfOpenAfter: { next: wait } });
  const refusal = () =>
    new RemoteFailure('circuit_open', `The API of ${connection} keeps failing: waiting`, 0, Math.max(1, openUntilMs - Date.now()));
  // Retried after the others: if this request is at fault after all, another call shows that the remote works.
  const outage = ({ message }: Error) =>
    new RemoteFailure(
      'circuit_open',
      `The API of ${connection} keeps failing (${message})`,
      0,
      Math.max(1, openUntilMs - Date.now()) + BEHIND_MS,
    );
  policy.onStateChange((state) => {
    if (state === CockatielState.Open) onOpened(Math.max(0, openUntilMs - Date.now()));
    if (state === CockatielState.Closed) onClosed();
  });
  return {
    run: (work) =>
      runThrough(policy, work, refusal).catch((error: unknown) => {
        throw isOutage(error) && policy.state !== CockatielState.Closed ? outage(error) : error;
      }),
    refuseWhileOpen() {
      if (policy.state === CockatielState.Open && Date.now() < openUntilMs) throw refusal();
    },
    state: () => (policy.state === CockatielState.Closed ? 'closed' : policy.state === CockatielState.HalfOpen ? 'half-open' : 'open'),
  };
}

type Policy = ReturnType<typeof circuitBreaker>;

// An error that is not an outage is passed through as a value, because only a value ends a series of failures.
async function runThrough<T>(policy: Policy, work: () => Promise<T>, refusal: () => RemoteFailure): Promise<T> {
  try {
    const result = await policy.execute(async () => {
      try {
        return { value: await work() };
      } catch (error) {
        if (isOutage(error)) throw error;
        return { error };
      }
    });
    if ('error' in result) throw result.error;
    return result.value;
  } catch (error) {
    throw error instanceof BrokenCircuitError ? refusal() : error;
  }
}

function waitMs(context: IHalfOpenAfterBackoffContext, random: Random): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (context.attempt - 1));
  const retryAfterMs =
    'error' in context.result && context.result.error instanceof RemoteFailure ? (context.result.error.retryAfterMs ?? 0) : 0;
  return Math.max(retryAfterMs, Math.round(longest * (0.75 + random() / 4)));
}
