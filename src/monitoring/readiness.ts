import type { Context } from '../context.ts';
import { READY_WITHIN_MS, withTimeout } from '../domain/deadlines.ts';
import type { Heartbeat } from './heartbeat.ts';

/** Whether this process can store at the moment; each check by its name. */
export interface Readiness {
  ready: boolean;
  checks: Readonly<Record<string, boolean>>;
}

const FRESH_MS = 1000;

/**
 * Ready is who can store: the database is there and answers, and the last sign of life could be written. Asking writes nothing, and is cheap
 * however often it is done: the state is looked at once a second at most, however many ask.
 */
export function createReadiness(context: Pick<Context, 'db' | 'clock'>, heartbeat: Pick<Heartbeat, 'isWritten'>): () => Promise<Readiness> {
  let state: Readiness | null = null;
  let lookedAtMs = 0;
  let looking: Promise<Readiness> | null = null;

  async function look(): Promise<Readiness> {
    const { dialect, read } = context.db;
    const asked = async () => dialect.assertPresent();
    const answers = withTimeout(
      asked().then(() => read.all('select 1')),
      READY_WITHIN_MS,
      () => new Error('no answer'),
    );
    const reachable = await answers.then(
      () => true,
      () => false,
    );
    const database = reachable && heartbeat.isWritten();
    state = { ready: database, checks: { database } };
    lookedAtMs = context.clock.now().getTime();
    looking = null;
    return state;
  }
  return async () => {
    const ageMs = context.clock.now().getTime() - lookedAtMs;
    if (state !== null && ageMs >= 0 && ageMs < FRESH_MS) return state;
    looking ??= look();
    return looking;
  };
}
