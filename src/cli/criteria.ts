import { type Command, Option } from 'commander';
import { DELIVERY_STATES } from '../domain/entities/delivery.ts';
import { readIsoTime } from '../domain/values/time.ts';
import type { DeliveryCriteria } from '../processing/replay.ts';
import { CommandFailed } from './runtime.ts';

/** The options that select deliveries. */
export interface CriteriaOptions {
  state?: string;
  connection?: string;
  subject?: string;
  event?: string;
  error?: string;
  from?: string;
  to?: string;
}

/** Adds the options that select deliveries; `states`: those the command accepts, none for a command on a single state. */
export function withCriteria(command: Command, states: readonly string[] = DELIVERY_STATES): Command {
  if (states.length > 0) command.addOption(new Option('--state <state>', 'only deliveries in this state').choices([...states]));
  return command
    .option('--connection <name>', 'only deliveries of this connection')
    .option('--subject <subject>', 'only deliveries about this resource, such as order:abc-PO1')
    .option('--event <text>', 'only deliveries whose event type contains this text')
    .option('--error <text>', 'only deliveries whose last error contains this text')
    .option('--from <time>', 'only deliveries received at or after this time (ISO 8601)')
    .option('--to <time>', 'only deliveries received before this time (ISO 8601)');
}

export const criteriaOf = (id: string | null, options: CriteriaOptions): DeliveryCriteria => ({
  ids: id === null ? null : [id],
  state: options.state ?? null,
  connection: options.connection ?? null,
  subject: options.subject ?? null,
  event: options.event ?? null,
  error: options.error ?? null,
  from: timeOf('--from', options.from),
  to: timeOf('--to', options.to),
});

function timeOf(option: string, text: string | undefined): string | null {
  const time = text === undefined ? null : readIsoTime(text);
  if (text !== undefined && time === null) throw new CommandFailed(`${option}: expected an ISO 8601 time.`);
  return time;
}
