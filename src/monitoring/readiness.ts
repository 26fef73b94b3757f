import type { Context } from '../context.ts';
import { READY_WITHIN_MS, withTimeout } from '../domain/deadlines.ts';
import type { Heartbeat } from './heartbeat.ts';

/** Whether this process can store deliveries at the moment; each check by name. */
export interface Readiness {
  ready: boolean;
  checks: Readonly<Record<string, boolean>>;
}

const FRESH_MS = 1000;

/**
 * A process is ready if it can store: the database is present and answers, and the last heartbeat was written. The check writes nothing and
 * runs at most once a second, however many callers there are.
 */
export function createReadiness(context: Pick<Context, 'db' | 'clock'>, heartbeat: Pick<Heartbeat, 'isWritten'>): () => Promise<Readiness> {
  let state: Readiness | null = null;
  let checkedAtMs = 0;
  let checking: Promise<Readiness> | null = null;

  async function check(): Promise<Readiness> {
    const { dialect, read } = context.db;
    const query = async () => dialect.assertPresent();
    const answers = withTimeout(
      query().then(() => read.all('select 1')),
      READY_WITHIN_MS,
      () => new Error('no answer'),
    );
    const reachable = await answers.then(
      () => true,
      () => false,
    );
    const database = reachable && heartbeat.isWritten();
    state = { ready: database, checks: { database } };
    checkedAtMs = context.clock.now().getTime();
    checking = null;
    return state;
  }
  return async () => {
    const ageMs = context.clock.now().getTime() - checkedAtMs;
    if (state !== null && ageMs >= 0 && ageMs < FRESH_MS) return state;
    checking ??= check();
    return checking;
  };
}
