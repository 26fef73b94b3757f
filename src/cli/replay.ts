import { type Command, Option } from 'commander';
import { DELIVERY_STATES } from '../domain/entities/delivery.ts';
import { Refused } from '../domain/errors.ts';
import { previewReplay, type ReplayPreview } from '../processing/preview-replay.ts';
import { type DeliveryCriteria, isUnlimited, type ReplayFetch, replay } from '../processing/replay.ts';
import { readDelivery } from '../store/deliveries/list.ts';
import { answer, table } from './answer.ts';
import { type CriteriaOptions, criteriaOf, withCriteria } from './criteria.ts';
import { withContext } from './open.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';

interface Options extends CriteriaOptions {
  fetch: ReplayFetch;
  preview?: true;
  json?: true;
}

export function addReplay(program: Command, runtime: CliRuntime): void {
  const command = program
    .command('replay')
    .description('Process finished deliveries again: one by its id, or all that match a filter. The running service processes them.')
    .argument('[id]', 'id of a delivery');
  withCriteria(
    command,
    DELIVERY_STATES.filter((state) => state !== 'pending' && state !== 'working'),
  )
    .addOption(
      new Option('--fetch <how>', 'for notifications: fetch from the platform again, or use the recorded response')
        .choices(['fresh', 'recorded'])
        .default('fresh'),
    )
    .option('--preview', 'only show what would change')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock replay 01a207dd-2434-71b0-a1c6-9da9f0ebdd31\n  orderdock replay --state dead --preview\n  orderdock replay --connection acme-tradecloud --from 2026-02-01 --fetch recorded',
    )
    .action((id: string | undefined, options: Options) => run(runtime, id ?? null, options));
}

async function run(runtime: CliRuntime, id: string | null, options: Options): Promise<void> {
  const filter = filterOf(id, options);
  await withContext(runtime, async (context) => {
    if (id !== null && (await readDelivery(context.db.read, id)) === null)
      throw new Refused(404, 'not_found', `There is no delivery ${id}.`);
    if (options.preview) {
      const preview = await previewReplay(context, filter, options.fetch);
      return answer(runtime, options.json, preview, () => previewText(preview));
    }
    const number = await replay(context, filter, options.fetch);
    if (id !== null && number === 0)
      throw new CommandFailed('The delivery is not finished yet: it is being processed or is still pending.');
    answer(runtime, options.json, { number }, () => `${number} deliveries will be processed again.\n`);
  });
}

function filterOf(id: string | null, options: Options): DeliveryCriteria {
  const filter = criteriaOf(id, options);
  // Replaying everything must be an explicit choice.
  if (isUnlimited(filter)) throw new CommandFailed('Which deliveries? Give an id, or a filter such as --state dead.');
  return filter;
}

function previewText({ number, changes, complete }: ReplayPreview): string {
  const rows = changes.map((change) => ({
    connection: change.connection,
    entity: `${change.kind}:${change.externalId}`,
    action: change.action,
    lines: change.lines.join(' '),
    differences: change.diff.map(({ path }) => path).join(' '),
  }));
  const rest = complete ? '' : 'There are more deliveries than a preview covers, or some could not be read.\n';
  return `${number} deliveries would be processed again.\n\n${table(rows, 'Nothing would change.')}${rest}`;
}
