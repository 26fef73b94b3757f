import { OrderdockError } from '../../domain/errors.ts';
import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';

/** The wanted state of a registration; null: the default or, for an update, unchanged. */
export interface WantedWebhook {
  url: string | null;
  /** Event types, and the platform's names for groups. */
  events: readonly string[] | null;
  name: string | null;
  /** The entity types whose events are wanted, if the platform asks for one: a registration each. */
  entityTypes: readonly string[] | null;
}

export const MANAGEMENT_VERBS = ['list', 'register', 'update', 'enable', 'disable', 'delete', 'rotate'] as const;
export type ManagementVerb = (typeof MANAGEMENT_VERBS)[number];

/**
 * Stores secrets that a management API shows only once where the settings expect them: `setting` is the member of the connection
 * (`webhook.verificationKey`), `values` are all that are valid from now on, newest first.
 */
export type SaveSecret = (setting: string, values: readonly string[]) => Promise<void>;

/**
 * The management API of a platform that has one. Secrets in its responses are passed to `SaveSecret`, never to the caller. A registration that
 * fails half-way removes what it created. Throws `Refused` for unknown events and options.
 */
export interface WebhookManagement {
  list?(): Promise<RegisteredWebhook[]>;
  /** Usually one registration; one per administration or entity type if the platform requires it. */
  register?(wanted: WantedWebhook & { url: string }): Promise<RegisteredWebhook[]>;
  update?(id: string, wanted: WantedWebhook): Promise<RegisteredWebhook>;
  enable?(id: string): Promise<RegisteredWebhook>;
  disable?(id: string): Promise<RegisteredWebhook>;
  /** Null if deleted, else what is left of it and why. */
  delete?(id: string): Promise<string | null>;
  /** Adds a new secret next to the old one. */
  rotate?(id: string): Promise<void>;
  /** For each unsupported verb: what to do instead. */
  absent: Readonly<Partial<Record<ManagementVerb, string>>>;
}

/** Refuses calls whose secret could not be stored. */
export function requireSaving(saveSecret: SaveSecret | undefined): SaveSecret {
  if (saveSecret) return saveSecret;
  throw new OrderdockError('nowhere_to_keep_secret', 'The platform shows a secret only once, and there is nowhere to store it');
}

/** The name of our registrations, by which they are recognised even if the platform does not show their address. */
export const registrationName = (url: string): string => `Orderdock ${new URL(url).pathname.split('/').at(-1) ?? ''}`.trim();
