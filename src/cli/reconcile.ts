import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { audited } from '../audit.ts';
import { readIsoTime } from '../domain/values/time.ts';
import type { OpenContext } from '../open-context.ts';
import { createReconciler, type StartedRun } from '../reconciliation/reconciler.ts';
import { type RunRow, readGaps, readRun } from '../store/reconciliation/list-runs.ts';
import { runView } from '../views/run.ts';
import { answer, table } from './answer.ts';
import { findConnection, withContext } from './open.ts';
import { type CliRuntime, CommandFailed, createProgress } from './runtime.ts';

interface Options {
  since?: string;
  json?: true;
}

export function addReconcile(program: Command, runtime: CliRuntime): void {
  program
    .command('reconcile')
    .description("Compare with the platform's API now, and import what no delivery has reported.")
    .argument('<connection>', 'name of the connection')
    .option('--since <time>', 'start at this time (ISO 8601) instead of where the last run ended')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock reconcile acme-tradecloud\n  orderdock reconcile acme-tradecloud --since 2026-01-01 --json',
    )
    .action((connection: string, options: Options) => reconcile(runtime, connection, options));
}

async function reconcile(runtime: CliRuntime, name: string, options: Options): Promise<void> {
  const since = options.since === undefined ? null : readIsoTime(options.since);
  if (options.since !== undefined && since === null) throw new CommandFailed('--since: expected an ISO 8601 time.');
  const { run, gaps } = await withContext(runtime, async (context) => {
    const reconciler = createReconciler(context);
    try {
      const connection = findConnection(context.connections.list(), name);
      const begun = await audited(
        context,
        { action: 'connection.reconcile', target: `connection:${name}`, connection: name, details: { since } },
        () => reconciler.reconcile(connection, 'demand', { since }),
        ({ runId }) => ({ runId }),
      );
      const ended = await follow(runtime, context, begun);
      return { run: ended, gaps: await readGaps(context.db.read, begun.runId) };
    } finally {
      await reconciler.stop();
    }
  });
  answer(runtime, options.json, { ...runView(run), gaps }, () => {
    const rows = gaps.map((gap) => ({ kind: gap.kind, 'external id': gap.externalId, cause: gap.cause, cursor: gap.cursor }));
    return `${counts(run)}\n${gaps.length > 0 ? `\n${table(rows, '')}` : ''}`;
  });
  if (run.state !== 'done')
    throw new CommandFailed(
      `The run ${run.id} ${run.state === 'failed' ? 'failed' : 'was interrupted'}: ${run.error ?? 'it continues at the next start'}`,
    );
}

const LOOK_EVERY_MS = 300;

/** Shows the progress of the run until it ends, here or in the process that executes it. */
async function follow(runtime: CliRuntime, context: OpenContext, begun: StartedRun): Promise<RunRow> {
  const progress = createProgress(runtime);
  let here = true;
  const ended = begun.ended.then(() => {
    here = false;
  });
  for (;;) {
    const run = await readRun(context.db.read, begun.runId);
    if (!run) throw new CommandFailed(`The run ${begun.runId} no longer exists.`);
    if (run.state !== 'running' || (!here && !begun.joined)) {
      progress.clear();
      return (await readRun(context.db.read, begun.runId)) ?? run;
    }
    progress.show(counts(run));
    await (here ? Promise.race([ended, sleep(LOOK_EVERY_MS)]) : sleep(LOOK_EVERY_MS));
  }
}

const counts = ({ counts: { seen, unchanged, applied, gaps, failed } }: RunRow): string =>
  `${seen} seen, ${unchanged} unchanged, ${applied} applied, ${gaps} gaps, ${failed} failed`;
