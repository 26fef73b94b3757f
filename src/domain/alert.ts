/** A condition that needs an operator's attention. Codes and their meaning: docs/operating.md. */
export interface Alert {
  level: 'info' | 'warning' | 'critical';
  /** Stable, snake_case. */
  code: string;
  /** Reads well in a chat channel; no secrets. */
  text: string;
  connection: string | null;
  /** The subject of the alert if a connection may have several, such as a consumer's name. */
  subject?: string;
  details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Opens, repeats (at most once an hour) and closes alerts. At most one per code, connection and subject is open at a time. */
export interface Alerts {
  open(alert: Alert): void;
  /** The condition has ended: sends a closing message if the alert was open. */
  close(code: string, connection: string | null, text: string, subject?: string): void;
}

/** A delivery that failed permanently: on arrival (`subject` and event unknown) or after its attempts. */
export const deadDeliveryAlert = (delivery: {
  id: string;
  connection: string;
  eventType: string | null;
  subject: string | null;
  error: string | null;
}): Alert => ({
  level: 'critical',
  code: 'delivery_dead',
  connection: delivery.connection,
  text: `${delivery.connection}: a delivery failed permanently (${delivery.error ?? 'unknown error'}). Fix the cause and replay it, or dismiss it.`,
  details: { deliveryId: delivery.id, eventType: delivery.eventType, subject: delivery.subject },
});
