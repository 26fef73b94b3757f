import { Refused } from '../../domain/errors.ts';
import type { WantedWebhook } from './management.ts';
import type { EventDescription } from './platform.ts';

/** Refuses names that are neither event types nor in `groups`; the message lists all of them and all known names. */
export function checkEventNames(
  names: readonly string[] | null,
  events: readonly Pick<EventDescription, 'type'>[],
  groups: readonly string[] = [],
): void {
  const known = new Set([...events.map(({ type }) => type), ...groups]);
  const unknown = (names ?? []).filter((name) => !known.has(name));
  if (names !== null && names.length === 0) throw new Refused(400, 'no_events', 'Name at least one event type.');
  if (unknown.length === 0) return;
  throw new Refused(
    400,
    'unknown_event_type',
    `Unknown event type ${unknown.map((name) => `"${name}"`).join(', ')}. Known: ${[...groups, ...events.map(({ type }) => type)].join(', ')}.`,
  );
}

/** Refuses options that the platform's registrations do not support. */
export function refuseOptions(title: string, wanted: WantedWebhook, options: readonly ('name' | 'entityTypes')[]): void {
  const given = options.filter((option) => wanted[option] !== null).map((option) => (option === 'name' ? '--name' : '--entity-type'));
  if (given.length > 0) throw new Refused(400, 'unknown_option', `The webhooks of ${title} do not support ${given.join(' and ')}.`);
}
