import { createReconciler, type Reconciler, type ReconcilerOptions } from '../../src/reconciliation/reconciler.ts';
import { recordHeartbeat } from '../../src/store/monitoring/heartbeats.ts';
import { listRuns, type RunRow } from '../../src/store/reconciliation/list-runs.ts';
import { createTestContext, type TestContext } from '../support/context.ts';
import { type Engine, testOnEngines } from '../support/engines.ts';
import type { ToyOrder } from '../support/toy-platform.ts';

export interface ReconcileTest extends TestContext {
  reconciler: Reconciler;
  /** How long the run waited each time, milliseconds. */
  waits: number[];
  /** Reconciles on demand and waits for the end; returns the stored run. */
  run(options?: { since?: string }): Promise<RunRow>;
}

/** Waiting takes no real time: the clock advances instead. */
export function groundOf(test: Pick<TestContext, 'clock'>, waits: number[]): ReconcilerOptions {
  return {
    wait: async (ms) => {
      waits.push(ms);
      test.clock.advance(ms);
    },
  };
}

/** Declares a test that runs once on each engine, with a reconciler that is stopped afterwards. */
export function testWithReconciler(name: string, body: (test: ReconcileTest) => Promise<void>): void {
  testOnEngines(name, (_t, engine) => withReconciler(engine, body));
}

async function withReconciler(engine: Engine, body: (test: ReconcileTest) => Promise<void>): Promise<void> {
  const test = await createTestContext(engine);
  const waits: number[] = [];
  const reconciler = createReconciler(test.context, groundOf(test, waits));
  const run = async (options = {}) => {
    const { ended } = await reconciler.reconcile(test.connection, 'demand', options);
    await ended;
    return lastRun(test);
  };
  try {
    await body({ ...test, reconciler, waits, run });
  } finally {
    await reconciler.stop();
    await test.close();
  }
}

export async function lastRun(test: TestContext): Promise<RunRow> {
  const [run] = await listRuns(test.context.db.read, { connection: 'toy', state: null }, { before: null, limit: 1 });
  if (!run) throw new Error('There is no run.');
  return run;
}

/** `2026-02-01T10:MM:00.000Z`. */
export const at = (minute: number): string => new Date(Date.parse('2026-02-01T10:00:00.000Z') + minute * 60_000).toISOString();

export const toyOrder = (id: string, updatedAt: string, quantity = '10'): ToyOrder => ({
  id,
  status: 'Issued',
  updatedAt,
  lines: [{ id: '1', quantity, updatedAt }],
});

/** A process answered webhooks from `from` to `to`; `stopped`: it then stopped cleanly. */
export async function answered(test: TestContext, process: string, from: string, to: string): Promise<void> {
  await test.context.db.write(async (sql) => {
    await recordHeartbeat(sql, process, true, from);
    await recordHeartbeat(sql, process, true, to);
  });
}

export const rows = <Row>(test: TestContext, statement: string): Promise<Row[]> => test.context.db.read.all<Row>(statement);
