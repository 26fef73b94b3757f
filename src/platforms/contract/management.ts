export interface RegisteredWebhook {
  id: string;
  url: string | null;
  events: string[];
  enabled: boolean;
}

/**
 * Puts secrets that a management API shows only once where the settings expect them: `setting` is the member of the connection
 * (`webhook.verificationKey`), `values` all that are valid from now on, the newest first.
 */
export type SaveSecret = (setting: string, values: readonly string[]) => Promise<void>;

/** The management API of a platform that has one. Secrets it returns are handed to `keepSecret`, never to the caller. */
export interface WebhookManagement {
  list(): Promise<RegisteredWebhook[]>;
  register(url: string, events: string[] | null): Promise<RegisteredWebhook>;
  update(id: string, url: string, events: string[] | null): Promise<RegisteredWebhook>;
  delete(id: string): Promise<void>;
  rotateSecret?(id: string): Promise<void>;
}
