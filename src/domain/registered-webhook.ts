/** A webhook as the platform has it registered. */
export interface RegisteredWebhook {
  id: string;
  /** Null: the platform gives its webhooks no names, or does not show them. */
  name: string | null;
  /** Null: the platform does not show it. */
  url: string | null;
  events: string[];
  enabled: boolean;
  /** The platform's own count of deliveries, by its own names; null: it publishes none. */
  statistics: Readonly<Record<string, number>> | null;
}
