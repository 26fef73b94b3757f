import { type Command, InvalidArgumentError } from 'commander';
import { listDeliveries } from '../store/deliveries/list.ts';
import { answer, table } from './answer.ts';
import { type CriteriaOptions, criteriaOf, withCriteria } from './criteria.ts';
import { withContext } from './open.ts';
import type { CliRuntime } from './runtime.ts';

interface Options extends CriteriaOptions {
  limit: number;
  json?: true;
}

export const countOf =
  (least: number, most: number) =>
  (text: string): number => {
    const count = Number(text);
    if (!/^\d+$/.test(text) || count < least || count > most) throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
    return count;
  };

export function addDeliveries(program: Command, runtime: CliRuntime): void {
  withCriteria(program.command('deliveries').description('List the accepted webhook requests, newest first, with their outcome.'))
    .option('--limit <count>', 'maximum number of deliveries', countOf(1, 10_000), 50)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock deliveries --state dead\n  orderdock deliveries --connection acme-tradecloud --limit 10 --json',
    )
    .action((options: Options) => show(runtime, options));
}

async function show(runtime: CliRuntime, options: Options): Promise<void> {
  const filter = criteriaOf(null, options);
  const rows = await withContext(runtime, (context) => listDeliveries(context.db.read, filter, { before: null, limit: options.limit }));
  const shown = rows.map(({ seq: _seq, ...row }) => row);
  answer(runtime, options.json, shown, () =>
    table(
      shown.map((row) => ({
        id: row.id,
        received: row.receivedAt,
        connection: row.connection,
        state: row.state,
        event: row.eventType,
        subject: row.subject,
        tries: row.attempts.length,
        error: row.error,
      })),
      'No matching deliveries.',
    ),
  );
}
