import { OrderdockError } from '../../domain/errors.ts';
import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';

/** What a registration is to be; null: the default, or for a change, as it is. */
export interface WantedWebhook {
  url: string | null;
  /** Event types, and the platform's names of groups. */
  events: readonly string[] | null;
  name: string | null;
  /** The kinds of entity whose events are wanted, where the platform asks for one: a registration each. */
  entityTypes: readonly string[] | null;
}

export const MANAGEMENT_VERBS = ['list', 'register', 'update', 'enable', 'disable', 'delete', 'rotate'] as const;
export type ManagementVerb = (typeof MANAGEMENT_VERBS)[number];

/**
 * Puts secrets that a management API shows only once where the settings expect them: `setting` is the member of the connection
 * (`webhook.verificationKey`), `values` all that are valid from now on, the newest first.
 */
export type SaveSecret = (setting: string, values: readonly string[]) => Promise<void>;

/**
 * The management API of a platform that has one. Secrets it returns are handed to `SaveSecret`, never to the caller. A registration that
 * fails half-way removes what it made. Throws `Refused` for events and options that the platform does not know.
 */
export interface WebhookManagement {
  list?(): Promise<RegisteredWebhook[]>;
  /** Usually one; one for each administration or entity type where the platform wants it so. */
  register?(wanted: WantedWebhook & { url: string }): Promise<RegisteredWebhook[]>;
  update?(id: string, wanted: WantedWebhook): Promise<RegisteredWebhook>;
  enable?(id: string): Promise<RegisteredWebhook>;
  disable?(id: string): Promise<RegisteredWebhook>;
  /** Null: gone. Else what is left of it, and why. */
  delete?(id: string): Promise<string | null>;
  /** A new secret beside the old one. */
  rotate?(id: string): Promise<void>;
  /** For each verb that the platform does not have: what to do instead. */
  absent: Readonly<Partial<Record<ManagementVerb, string>>>;
}

/** Refuses to ask for a secret that could not be stored anywhere. */
export function requireSaving(saveSecret: SaveSecret | undefined): SaveSecret {
  if (saveSecret) return saveSecret;
  throw new OrderdockError('nowhere_to_keep_secret', 'The platform shows a secret once, and there is no place to store it');
}

/** How our registrations are named, so that they are recognised even where the platform does not show their address. */
export const registrationName = (url: string): string => `Orderdock ${new URL(url).pathname.split('/').at(-1) ?? ''}`.trim();
