/** A webhook as registered at the platform. */
export interface RegisteredWebhook {
  id: string;
  /** Null: the platform has no names for webhooks, or does not show them. */
  name: string | null;
  /** Null: the platform does not show it. */
  url: string | null;
  events: string[];
  enabled: boolean;
  /** The platform's own delivery counts, by its own names; null: it publishes none. */
  statistics: Readonly<Record<string, number>> | null;
}
