import { type Command, Option } from 'commander';
import { DELIVERY_STATES } from '../domain/entities/delivery.ts';
import { readIsoTime } from '../domain/values/time.ts';
import type { DeliveryCriteria } from '../processing/replay.ts';
import { CommandFailed } from './runtime.ts';

/** The options that name deliveries. */
export interface CriteriaOptions {
  state?: string;
  connection?: string;
  subject?: string;
  event?: string;
  error?: string;
  from?: string;
  to?: string;
}

/** Adds the options that name deliveries; `states`: those that make sense, none for a command on one state alone. */
export function withCriteria(command: Command, states: readonly string[] = DELIVERY_STATES): Command {
  if (states.length > 0) command.addOption(new Option('--state <state>', 'only those in this state').choices([...states]));
  return command
    .option('--connection <name>', 'only those of this connection')
    .option('--subject <subject>', 'only those about this resource, such as order:abc-PO1')
    .option('--event <text>', 'only those whose event type contains this')
    .option('--error <text>', 'only those whose last error contains this')
    .option('--from <time>', 'only those received since (ISO 8601)')
    .option('--to <time>', 'only those received before (ISO 8601)');
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
