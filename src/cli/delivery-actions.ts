import type { Command } from 'commander';
import { Refused } from '../domain/errors.ts';
import { dismissDeliveries } from '../processing/dismiss.ts';
import { isUnlimited } from '../processing/replay.ts';
import { retryDeliveries } from '../processing/retry.ts';
import { readDelivery } from '../store/deliveries/list.ts';
import { answer } from './answer.ts';
import { type CriteriaOptions, criteriaOf, withCriteria } from './criteria.ts';
import { withContext } from './open.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';

interface Options extends CriteriaOptions {
  note?: string;
  json?: true;
}

export function addRetry(program: Command, runtime: CliRuntime): void {
  withCriteria(
    program.command('retry').description('Retry waiting deliveries now: one by its id, those that match the options, or all.'),
    [],
  )
    .argument('[id]', 'id of a delivery')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExamples:\n  orderdock retry\n  orderdock retry --connection acme-tradecloud')
    .action((id: string | undefined, options: Options) => retry(runtime, id ?? null, options));
}

export function addDismiss(program: Command, runtime: CliRuntime): void {
  withCriteria(
    program.command('dismiss').description('Mark dead deliveries as handled: one by its id, or those that match the options.'),
    [],
  )
    .argument('[id]', 'id of a delivery')
    .option('--note <text>', 'why')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  orderdock dismiss --error "not JSON" --note "the platform sent them again"')
    .action((id: string | undefined, options: Options) => dismiss(runtime, id ?? null, options));
}

async function retry(runtime: CliRuntime, id: string | null, options: Options): Promise<void> {
  const criteria = criteriaOf(id, options);
  const number = await withContext(runtime, async (context) => {
    if (id !== null && !(await readDelivery(context.db.read, id))) throw noDelivery(id);
    return retryDeliveries(context, criteria);
  });
  answer(runtime, options.json, { number }, () => `${number} deliveries are due now.\n`);
}

async function dismiss(runtime: CliRuntime, id: string | null, options: Options): Promise<void> {
  const criteria = criteriaOf(id, options);
  if (isUnlimited(criteria)) throw new CommandFailed('Which deliveries? Give an id, or an option such as --connection.');
  const number = await withContext(runtime, async (context) => {
    const delivery = id === null ? null : await readDelivery(context.db.read, id);
    if (id !== null && !delivery) throw noDelivery(id);
    if (delivery && delivery.state !== 'dead')
      throw new CommandFailed(`This delivery is ${delivery.state}: only a dead one can be dismissed.`);
    return dismissDeliveries(context, criteria, options.note ?? null);
  });
  answer(runtime, options.json, { number }, () => `${number} deliveries are marked as handled.\n`);
}

const noDelivery = (id: string) => new Refused(404, 'not_found', `There is no delivery ${id}.`);
